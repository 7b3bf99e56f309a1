package template

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
)

// text gives a value as a template writes it: as Python's str does. It opens a
// Secret, which makes the whole result secret.
func (s *state) text(v value.Value) (string, error) {
	switch v := v.(type) {
	case undefined:
		return "", v.fault()
	case string:
		return v, nil
	case value.Bytes:
		return string(v), nil
	case value.Blob:
		return string(v), nil
	case value.Secret:
		s.secret = true
		return v.Text(), nil
	case value.List, value.Tuple, *value.Dict, *value.Set, *value.Struct:
		if err := bounded(v); err != nil {
			return "", err
		}
	}
	out := s.shown(v)
	if len(out) > maxOutput {
		return "", fail("the text is too long")
	}
	return out, nil
}

// shown is Python's repr.
func (s *state) shown(v value.Value) string {
	var b strings.Builder
	s.show(&b, v)
	return b.String()
}

func (s *state) show(b *strings.Builder, v value.Value) {
	if b.Len() > maxOutput {
		return
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		if v {
			b.WriteString("True")
		} else {
			b.WriteString("False")
		}
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case *big.Int:
		b.WriteString(v.String())
	case float64:
		b.WriteString(floatText(v))
	case string:
		quote(b, v)
	case value.Bytes:
		b.WriteByte('b')
		quote(b, string(v))
	case value.Secret:
		s.secret = true
		quote(b, v.Text())
	case value.List:
		s.showAll(b, "[", v, "]")
	case value.Tuple:
		end := ")"
		if len(v) == 1 {
			end = ",)"
		}
		s.showAll(b, "(", v, end)
	case *value.Set:
		s.showAll(b, "{", v.Items(), "}")
	case *value.Dict:
		b.WriteByte('{')
		for i, it := range v.Items() {
			comma(b, i)
			s.show(b, it.Key)
			b.WriteString(": ")
			s.show(b, it.Value)
		}
		b.WriteByte('}')
	case *value.Struct:
		b.WriteString(v.Name + "(")
		for i, f := range v.Fields {
			comma(b, i)
			b.WriteString(f.Name + "=")
			s.show(b, f.Value)
		}
		b.WriteByte(')')
	case time.Time:
		b.WriteString(v.Format(time.RFC3339Nano))
	case *value.Error:
		b.WriteString(v.Message)
	case interp.Shower:
		b.WriteString(v.Show())
	case value.Blob, time.Duration:
		fmt.Fprint(b, v)
	default:
		b.WriteString("<" + typeName(v) + ">")
	}
}

func (s *state) showAll(b *strings.Builder, open string, items []value.Value, end string) {
	b.WriteString(open)
	for i, it := range items {
		comma(b, i)
		s.show(b, it)
	}
	b.WriteString(end)
}

func comma(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteString(", ")
	}
}

// floatText keeps a whole float apart from an integer, as Python does.
func floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+"))
	}
	return json.Float(f)
}

// quote is Python's repr of text: single quotes unless the text has only these.
func quote(b *strings.Builder, text string) {
	mark := byte('\'')
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		mark = '"'
	}
	b.WriteByte(mark)
	for _, r := range text {
		switch {
		case r == rune(mark) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case strconv.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(b, `\x%02x`, r)
		default:
			fmt.Fprintf(b, `\u%04x`, r)
		}
	}
	b.WriteByte(mark)
}

func typeName(v value.Value) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case undefined:
		return "undefined"
	case interface{ TypeName() string }:
		return v.TypeName()
	}
	return value.TypeName(v)
}
