package toml

import (
	"errors"
	"sort"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
)

// Module makes the module toml.
func Module() *interp.Module {
	return &interp.Module{Name: "toml", Doc: "Values as TOML text.",
		Funcs: []*interp.Func{format.Encode("TOML", Encode), format.Decode("TOML", Decode)}}
}

// Decode reads TOML text as a dict.
func Decode(text string) (value.Value, error) {
	var m map[string]any
	meta, err := toml.Decode(text, &m)
	var bad toml.ParseError
	if errors.As(err, &bad) {
		line, column := place(text, bad.Position.Start)
		return nil, format.ParseError("TOML", line, column, bad.Message)
	}
	if err != nil {
		return nil, value.Errorf(value.KindParse, "cannot decode TOML: %w", err)
	}
	c := converter{order: map[string]int{}}
	for i, key := range meta.Keys() {
		path := strings.Join(key, "\x00")
		if _, seen := c.order[path]; !seen {
			c.order[path] = i
		}
	}
	return c.table(m, "")
}

// place gives the line and column of a byte: the library's own line is 0 where the
// text ends too soon, and its column counts from the text's begin.
func place(text string, at int) (line, column int) {
	before := text[:min(max(at, 0), len(text))]
	return 1 + strings.Count(before, "\n"), len(before) - strings.LastIndexByte(before, '\n')
}

// converter knows where in the text each key came first; the library's maps
// have no order.
type converter struct{ order map[string]int }

func (c converter) table(m map[string]any, path string) (value.Value, error) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	place := func(k string) int {
		if i, ok := c.order[path+k]; ok {
			return i
		}
		return len(c.order) // of inline tables the library keeps no place
	}
	sort.Slice(keys, func(i, j int) bool {
		if a, b := place(keys[i]), place(keys[j]); a != b {
			return a < b
		}
		return keys[i] < keys[j]
	})
	out := value.NewDict(len(m))
	for _, k := range keys {
		v, err := c.value(m[k], path+k+"\x00")
		if err != nil {
			return nil, err
		}
		if err := out.Set(k, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c converter) value(v any, path string) (value.Value, error) {
	switch v := v.(type) {
	case map[string]any:
		return c.table(v, path)
	case []map[string]any:
		out := make(value.List, len(v))
		for i, m := range v {
			t, err := c.table(m, path)
			if err != nil {
				return nil, err
			}
			out[i] = t
		}
		return out, nil
	case []any:
		out := make(value.List, len(v))
		for i, it := range v {
			t, err := c.value(it, path)
			if err != nil {
				return nil, err
			}
			out[i] = t
		}
		return out, nil
	case time.Time:
		return zoned(v), nil
	}
	return v, nil // bool, int64, float64 and string are values as they are
}

// zoned takes a time of the library's own zones, which stand for "none given",
// as UTC.
func zoned(t time.Time) time.Time {
	switch t.Location().String() {
	case "datetime-local", "date-local", "time-local":
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	}
	return t
}
