package toml

import (
	"math"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
)

// Encode writes a dict as TOML. Keys whose value is None are left out, since
// TOML has no null.
func Encode(v value.Value, o format.Options) (string, error) {
	fields, ok := members(v)
	if !ok {
		return "", value.Errorf(value.KindValue, "cannot encode %s as TOML: want a dict with text as keys", value.TypeName(v))
	}
	e := &encoder{o: o}
	if err := e.table(fields, nil, ""); err != nil {
		return "", err
	}
	return e.b.String(), nil
}

type encoder struct {
	b strings.Builder
	o format.Options
}

// members gives the entries of a dict or struct; ok is false for others.
func members(v value.Value) ([]value.Field, bool) {
	switch v := v.(type) {
	case *value.Struct:
		return v.Fields, true
	case *value.Dict:
		out := make([]value.Field, 0, v.Len())
		for _, it := range v.Items() {
			name, ok := it.Key.(string)
			if !ok {
				return nil, false
			}
			out = append(out, value.Field{Name: name, Value: it.Value})
		}
		return out, true
	}
	return nil, false
}

// tables gives the items of a list that holds only dicts.
func tables(v value.Value) ([][]value.Field, bool) {
	list, _ := items(v)
	out := make([][]value.Field, len(list))
	for i, it := range list {
		fields, ok := members(it)
		if !ok {
			return nil, false
		}
		out[i] = fields
	}
	return out, len(out) > 0
}

func items(v value.Value) ([]value.Value, bool) {
	switch v := v.(type) {
	case value.List:
		return v, true
	case value.Tuple:
		return v, true
	case *value.Set:
		return v.Items(), true
	}
	return nil, false
}

// table writes the plain keys of a table and then its sub-tables: after the
// first header a plain key would belong to that.
func (e *encoder) table(fields []value.Field, name []string, path string) error {
	if len(name) > format.MaxDepth {
		return value.Errorf(value.KindValue, "cannot encode value as TOML: it nests deeper than %d", format.MaxDepth)
	}
	if e.o.SortKeys {
		fields = append([]value.Field(nil), fields...)
		sort.SliceStable(fields, func(i, j int) bool { return fields[i].Name < fields[j].Name })
	}
	for _, f := range fields {
		if _, sub := members(f.Value); sub || f.Value == nil {
			continue
		}
		if _, sub := tables(f.Value); sub {
			continue
		}
		e.b.WriteString(key(f.Name) + " = ")
		if err := e.inline(f.Value, path+"["+strconv.Quote(f.Name)+"]", len(name)); err != nil {
			return err
		}
		e.b.WriteByte('\n')
	}
	for _, f := range fields {
		if err := e.sub(f, append(name[:len(name):len(name)], key(f.Name)), path+"["+strconv.Quote(f.Name)+"]"); err != nil {
			return err
		}
	}
	return nil
}

// sub writes a field that is a table or a list of tables; others it leaves out.
func (e *encoder) sub(f value.Field, name []string, path string) error {
	if fields, ok := members(f.Value); ok {
		e.header("[" + strings.Join(name, ".") + "]")
		return e.table(fields, name, path)
	}
	list, ok := tables(f.Value)
	if !ok {
		return nil
	}
	for i, fields := range list {
		e.header("[[" + strings.Join(name, ".") + "]]")
		if err := e.table(fields, name, path+"["+strconv.Itoa(i)+"]"); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) header(text string) {
	if e.b.Len() > 0 {
		e.b.WriteByte('\n')
	}
	e.b.WriteString(text + "\n")
}

func (e *encoder) inline(v value.Value, path string, depth int) error {
	switch v := v.(type) {
	case bool:
		e.b.WriteString(strconv.FormatBool(v))
	case int64:
		e.b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		e.b.WriteString(floatText(v))
	case time.Time:
		e.b.WriteString(v.Format(time.RFC3339Nano))
	case string:
		return e.text(v, path)
	case value.Secret:
		return e.text(v.Text(), path)
	default:
		return e.collection(v, path, depth+1)
	}
	return nil
}

func (e *encoder) collection(v value.Value, path string, depth int) error {
	if depth > format.MaxDepth {
		return value.Errorf(value.KindValue, "cannot encode value as TOML: it nests deeper than %d", format.MaxDepth)
	}
	if list, ok := items(v); ok {
		e.b.WriteByte('[')
		for i, it := range list {
			if i > 0 {
				e.b.WriteString(", ")
			}
			if err := e.inline(it, path+"["+strconv.Itoa(i)+"]", depth); err != nil {
				return err
			}
		}
		e.b.WriteByte(']')
		return nil
	}
	fields, ok := members(v)
	if !ok {
		return format.Refuse("TOML", path, v)
	}
	e.b.WriteByte('{')
	first := true
	for _, f := range fields {
		if f.Value == nil {
			continue
		}
		if !first {
			e.b.WriteString(", ")
		}
		first = false
		e.b.WriteString(key(f.Name) + " = ")
		if err := e.inline(f.Value, path+"["+strconv.Quote(f.Name)+"]", depth); err != nil {
			return err
		}
	}
	e.b.WriteByte('}')
	return nil
}

func floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	return json.Float(f)
}

// key writes a key, in quotes if it needs them.
func key(s string) string {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return quoted(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}

// quoted writes text as TOML's basic string, whose escapes are those of JSON.
func quoted(s string) string {
	text, _ := json.Encode(strings.ToValidUTF8(s, "\ufffd"), format.Options{})
	return text
}

func (e *encoder) text(s, path string) error {
	if !utf8.ValidString(s) {
		return value.Errorf(value.KindValue, "cannot encode value%s as TOML: it is text that is not valid UTF-8", path)
	}
	e.b.WriteString(quoted(s))
	return nil
}
