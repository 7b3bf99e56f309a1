package json

import (
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
)

// Decode reads one JSON value. Of equal keys the last counts.
func Decode(text string) (value.Value, error) {
	d := &decoder{s: text}
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.space()
	if d.i < len(d.s) {
		return nil, d.fail("text after the value")
	}
	return v, nil
}

type decoder struct {
	s string
	i int // the next byte
}

func (d *decoder) fail(reason string) error { return format.ParseErrorAt("JSON", d.s, d.i, reason) }

func (d *decoder) space() {
	for d.i < len(d.s) && strings.IndexByte(" \t\r\n", d.s[d.i]) >= 0 {
		d.i++
	}
}

// peek is the next byte after white space, 0 at the end.
func (d *decoder) peek() byte {
	d.space()
	if d.i == len(d.s) {
		return 0
	}
	return d.s[d.i]
}

func (d *decoder) value(depth int) (value.Value, error) {
	if depth > format.MaxDepth {
		return nil, d.fail("it nests deeper than " + strconv.Itoa(format.MaxDepth))
	}
	switch c := d.peek(); {
	case c == 0 && d.i == len(d.s):
		return nil, d.fail("the text ends where a value should be")
	case c == '{':
		return d.object(depth)
	case c == '[':
		return d.array(depth)
	case c == '"':
		return d.text()
	case c == '-' || c >= '0' && c <= '9':
		return d.number()
	}
	for word, v := range map[string]value.Value{"null": nil, "true": true, "false": false} {
		if strings.HasPrefix(d.s[d.i:], word) {
			d.i += len(word)
			return v, nil
		}
	}
	return nil, d.fail("want a value")
}

func (d *decoder) array(depth int) (value.Value, error) {
	d.i++
	out := value.List{}
	if d.peek() == ']' {
		d.i++
		return out, nil
	}
	for {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		switch d.peek() {
		case ',':
			d.i++
		case ']':
			d.i++
			return out, nil
		default:
			return nil, d.fail(`want "," or "]"`)
		}
	}
}

func (d *decoder) object(depth int) (value.Value, error) {
	d.i++
	out := &value.Dict{}
	if d.peek() == '}' {
		d.i++
		return out, nil
	}
	for {
		if d.peek() != '"' {
			return nil, d.fail("want a key in quotes")
		}
		key, err := d.text()
		if err != nil {
			return nil, err
		}
		if d.peek() != ':' {
			return nil, d.fail(`want ":"`)
		}
		d.i++
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if err := out.Set(key, v); err != nil {
			return nil, err
		}
		switch d.peek() {
		case ',':
			d.i++
		case '}':
			d.i++
			return out, nil
		default:
			return nil, d.fail(`want "," or "}"`)
		}
	}
}

func (d *decoder) digits() int {
	from := d.i
	for d.i < len(d.s) && d.s[d.i] >= '0' && d.s[d.i] <= '9' {
		d.i++
	}
	return d.i - from
}

// skip passes over one of the characters in set.
func (d *decoder) skip(set string) bool {
	if d.i < len(d.s) && strings.IndexByte(set, d.s[d.i]) >= 0 {
		d.i++
		return true
	}
	return false
}

func (d *decoder) number() (value.Value, error) {
	from, float := d.i, false
	d.skip("-")
	first := d.i
	if n := d.digits(); n == 0 || n > 1 && d.s[first] == '0' {
		return nil, d.fail("this is not a number")
	}
	if d.skip(".") {
		if float = true; d.digits() == 0 {
			return nil, d.fail("want a digit")
		}
	}
	if d.skip("eE") {
		float = true
		d.skip("+-")
		if d.digits() == 0 {
			return nil, d.fail("want a digit")
		}
	}
	text := d.s[from:d.i]
	if float {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			d.i = from
			return nil, d.fail("the number is out of range")
		}
		return f, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	n, _ := new(big.Int).SetString(text, 10)
	return n, nil
}

func (d *decoder) text() (string, error) {
	d.i++
	from := d.i
	var b strings.Builder
	for d.i < len(d.s) {
		switch c := d.s[d.i]; {
		case c == '"':
			b.WriteString(d.s[from:d.i])
			d.i++
			return b.String(), nil
		case c < ' ':
			return "", d.fail("a control character in text")
		case c == '\\':
			b.WriteString(d.s[from:d.i])
			if err := d.escape(&b); err != nil {
				return "", err
			}
			from = d.i
		default:
			d.i++
		}
	}
	return "", d.fail("the text ends inside quotes")
}

func (d *decoder) escape(b *strings.Builder) error {
	d.i++
	if d.i == len(d.s) {
		return d.fail("the text ends inside quotes")
	}
	c := d.s[d.i]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		d.i++
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		return nil
	}
	if c != 'u' {
		return d.fail("unknown escape")
	}
	r, ok := d.hex()
	if !ok {
		return d.fail("want four hexadecimal digits")
	}
	if utf16.IsSurrogate(r) && strings.HasPrefix(d.s[d.i:], `\u`) {
		mark := d.i
		d.i++
		low, ok := d.hex()
		if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
			r, d.i = utf8.RuneError, mark
		}
	}
	b.WriteRune(r) // a lone surrogate becomes U+FFFD
	return nil
}

// hex reads "u" and four digits.
func (d *decoder) hex() (rune, bool) {
	if d.i+5 > len(d.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(d.s[d.i+1:d.i+5], 16, 16)
	d.i += 5
	return rune(n), err == nil
}
