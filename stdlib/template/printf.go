package template

import (
	"fmt"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// format is Python's text % args.
func (s *state) format(text string, args []value.Value) (string, error) {
	var b strings.Builder
	next := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			b.WriteByte(text[i])
			continue
		}
		start := i
		for i++; i < len(text) && strings.IndexByte("-+ #0123456789.", text[i]) >= 0; i++ {
		}
		if i == len(text) || i-start > 8 {
			return "", fail("format: %q is not complete", text[start:i])
		}
		if text[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if next == len(args) {
			return "", fail("format: there are not enough arguments")
		}
		out, err := s.verb(text[start:i], text[i], args[next])
		if err != nil {
			return "", err
		}
		if next++; b.Len()+len(out) > maxOutput {
			return "", fail("the text is too long")
		}
		b.WriteString(out)
	}
	if next < len(args) {
		return "", fail("format: %d arguments are left over", len(args)-next)
	}
	return b.String(), nil
}

func (s *state) verb(flags string, verb byte, v value.Value) (string, error) {
	switch verb {
	case 's':
		text, err := s.text(v)
		return fmt.Sprintf(flags+"s", text), err
	case 'r':
		return fmt.Sprintf(flags+"s", s.shown(v)), bounded(v)
	case 'd', 'i', 'u', 'x', 'X', 'o', 'c':
		if f, ok := v.(float64); ok && verb != 'x' && verb != 'X' && verb != 'o' && verb != 'c' {
			v = toInt(f)
		}
		n, ok := integer(v)
		if !ok {
			return "", fail("format: %%%c wants an int, got %s", verb, typeName(v))
		}
		if verb == 'c' {
			return string(rune(n.Int64())), nil
		}
		if verb == 'i' || verb == 'u' {
			verb = 'd'
		}
		return fmt.Sprintf(flags+string(verb), n), nil
	case 'f', 'F', 'e', 'E', 'g', 'G':
		f, ok := float(v)
		if !ok {
			return "", fail("format: %%%c wants a number, got %s", verb, typeName(v))
		}
		return fmt.Sprintf(flags+string(verb), f), nil
	}
	return "", fail("format: there is no %%%c", verb)
}
