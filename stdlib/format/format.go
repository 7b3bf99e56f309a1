package format

import (
	"context"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// MaxDepth is how deep values may nest, in encode and in decode.
const MaxDepth = 1000

// Options are those of encode.
type Options struct {
	// Indent is put once per level at the beginning of lines; "" if the caller gave none.
	Indent   string
	SortKeys bool
}

// Encode makes the function encode of a format.
func Encode(name string, encode func(v value.Value, o Options) (string, error)) *interp.Func {
	return &interp.Func{Name: "encode", Doc: "Returns a value as " + name + " text.",
		Params: []interp.Param{
			{Name: "value", Doc: "The value.", Required: true},
			{Name: "indent", Doc: "Spaces, or the text, by which each level is indented."},
			{Name: "sort_keys", Doc: "Writes the keys of dicts in order.", Default: false},
		},
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			o, err := options(a)
			if err != nil {
				return nil, err
			}
			text, err := encode(a.Value("value"), o)
			if err != nil {
				return nil, err
			}
			return text, nil
		}}
}

func options(a *interp.Args) (o Options, err error) {
	if o.SortKeys, err = a.Bool("sort_keys"); err != nil {
		return o, err
	}
	if s, ok := a.Value("indent").(string); ok {
		o.Indent = s
		return o, nil
	}
	n, err := a.Int("indent")
	if err == nil && (n < 0 || n > 100) {
		err = a.Errorf("argument indent: %d is not from 0 to 100", n)
	}
	if err != nil {
		return o, err
	}
	o.Indent = strings.Repeat(" ", int(n))
	return o, nil
}

// Decode makes the function decode of a format.
func Decode(name string, decode func(text string) (value.Value, error), more ...interp.Param) *interp.Func {
	return &interp.Func{Name: "decode", Doc: "Reads " + name + " text. What is not valid is a ParseError with line and column.",
		Params: append([]interp.Param{{Name: "text", Doc: "Text or bytes.", Required: true}}, more...),
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			text, err := a.Data("text")
			if err != nil {
				return nil, err
			}
			return decode(text)
		}}
}

// ParseError says that text of a format is not valid. Line and column count from
// 1; a column of 0 is not known.
func ParseError(name string, line, column int, reason string) error {
	where := "line " + strconv.Itoa(line)
	e := value.Errorf(value.KindParse, "cannot decode %s", name).With("line", int64(line))
	if column > 0 {
		where += ", column " + strconv.Itoa(column)
		e = e.With("column", int64(column))
	} else {
		e = e.With("column", nil)
	}
	e.Message += ": " + where + ": " + reason
	return e
}

// ParseErrorAt is ParseError of a byte's place in text.
func ParseErrorAt(name, text string, offset int, reason string) error {
	before := text[:min(offset, len(text))]
	line := strings.Count(before, "\n") + 1
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	return ParseError(name, line, column, reason)
}

// Refuse says that a format has no form for a value. path is the value's place,
// like `["a"][3]`, "" for the value itself.
func Refuse(name, path string, v value.Value) error {
	return value.Errorf(value.KindValue, "cannot encode value%s as %s: it is %s", path, name, value.TypeName(v))
}
