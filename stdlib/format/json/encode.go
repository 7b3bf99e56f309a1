package json

import (
	"math"
	"math/big"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
)

// Encode writes a value as JSON. One that has no form in it is a ValueError that
// names its place.
func Encode(v value.Value, o format.Options) (string, error) {
	e := &encoder{o: o}
	if err := e.value(v, "", 0); err != nil {
		return "", err
	}
	return e.b.String(), nil
}

type encoder struct {
	b strings.Builder
	o format.Options
}

func (e *encoder) value(v value.Value, path string, depth int) error {
	if depth > format.MaxDepth {
		return value.Errorf(value.KindValue, "cannot encode value as JSON: it nests deeper than %d", format.MaxDepth)
	}
	switch v := v.(type) {
	case nil:
		e.b.WriteString("null")
	case bool:
		e.b.WriteString(strconv.FormatBool(v))
	case int64:
		e.b.WriteString(strconv.FormatInt(v, 10))
	case *big.Int:
		e.b.WriteString(v.String())
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return value.Errorf(value.KindValue, "cannot encode value%s as JSON: it is %v", path, v)
		}
		e.b.WriteString(Float(v))
	case string:
		return e.text(v, path)
	case value.Secret:
		return e.text(v.Text(), path)
	case value.List:
		return e.array(v, path, depth)
	case value.Tuple:
		return e.array(v, path, depth)
	case *value.Set:
		return e.array(v.Items(), path, depth)
	case *value.Dict:
		return e.dict(v, path, depth)
	case *value.Struct:
		items := make([]member, len(v.Fields))
		for i, f := range v.Fields {
			items[i] = member{f.Name, f.Value}
		}
		return e.object(items, path, depth)
	case value.Porter:
		switch plain, _ := v.Port(); plain.(type) { // what cannot be ported is refused too
		case *value.Struct, *value.Dict:
			return e.value(plain, path, depth)
		}
		return format.Refuse("JSON", path, v)
	default:
		return format.Refuse("JSON", path, v)
	}
	return nil
}

// Float writes a finite float so that it reads back as a float.
func Float(f float64) string {
	form := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		form = 'e'
	}
	s := strconv.FormatFloat(f, form, -1, 64)
	if form == 'f' && !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

func (e *encoder) array(items []value.Value, path string, depth int) error {
	e.b.WriteByte('[')
	for i, it := range items {
		e.next(i, depth+1)
		if err := e.value(it, path+"["+strconv.Itoa(i)+"]", depth+1); err != nil {
			return err
		}
	}
	e.end(len(items), depth)
	e.b.WriteByte(']')
	return nil
}

type member struct {
	key   string
	value value.Value
}

func (e *encoder) dict(d *value.Dict, path string, depth int) error {
	items := make([]member, d.Len())
	for i, it := range d.Items() {
		key, ok := keyText(it.Key)
		if !ok {
			return value.Errorf(value.KindValue, "cannot encode value%s as JSON: a key is %s", path, value.TypeName(it.Key))
		}
		items[i] = member{key, it.Value}
	}
	return e.object(items, path, depth)
}

// keyText gives the text that stands for a key, as in Python.
func keyText(k value.Value) (string, bool) {
	switch k := k.(type) {
	case nil:
		return "null", true
	case bool:
		return strconv.FormatBool(k), true
	case int64:
		return strconv.FormatInt(k, 10), true
	case *big.Int:
		return k.String(), true
	case float64:
		return Float(k), true
	case string:
		return k, true
	}
	return "", false
}

func (e *encoder) object(items []member, path string, depth int) error {
	if e.o.SortKeys {
		sort.SliceStable(items, func(i, j int) bool { return items[i].key < items[j].key })
	}
	e.b.WriteByte('{')
	for i, it := range items {
		e.next(i, depth+1)
		at := path + "[" + strconv.Quote(it.key) + "]"
		if err := e.text(it.key, at); err != nil {
			return err
		}
		e.b.WriteByte(':')
		if e.o.Indent != "" {
			e.b.WriteByte(' ')
		}
		if err := e.value(it.value, at, depth+1); err != nil {
			return err
		}
	}
	e.end(len(items), depth)
	e.b.WriteByte('}')
	return nil
}

// next separates items and begins their lines.
func (e *encoder) next(i, depth int) {
	if i > 0 {
		e.b.WriteByte(',')
	}
	e.newline(depth)
}

func (e *encoder) end(n, depth int) {
	if n > 0 {
		e.newline(depth)
	}
}

func (e *encoder) newline(depth int) {
	if e.o.Indent != "" {
		e.b.WriteByte('\n')
		for range depth {
			e.b.WriteString(e.o.Indent)
		}
	}
}

const hexDigits = "0123456789abcdef"

func (e *encoder) text(s, path string) error {
	if !utf8.ValidString(s) {
		return value.Errorf(value.KindValue, "cannot encode value%s as JSON: it is text that is not valid UTF-8", path)
	}
	e.b.WriteByte('"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
			continue
		}
		e.b.WriteString(s[from:i])
		from = i + 1
		if short := strings.IndexByte("\"\\\n\r\t\b\f", c); short >= 0 {
			e.b.WriteByte('\\')
			e.b.WriteByte("\"\\nrtbf"[short])
		} else {
			e.b.WriteString(`\u00` + string(hexDigits[c>>4]) + string(hexDigits[c&15]))
		}
	}
	e.b.WriteString(s[from:])
	e.b.WriteByte('"')
	return nil
}
