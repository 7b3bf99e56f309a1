package json

import (
	"context"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
)

// Module makes the module json.
func Module() *interp.Module {
	style := []interp.Param{
		{Name: "prefix", Doc: "The beginning of every line but the first.", KeywordOnly: true, Default: ""},
		{Name: "indent", Doc: "The text by which each level is indented.", KeywordOnly: true, Default: "\t"},
	}
	decode := format.Decode("JSON", Decode,
		interp.Param{Name: "default", Doc: "Returned instead of an error, if it is given."})
	strict := decode.Impl
	decode.Impl = func(ctx context.Context, a *interp.Args) (value.Value, error) {
		v, err := strict(ctx, a)
		if err != nil && a.Given("default") {
			return a.Value("default"), nil
		}
		return v, err
	}
	return &interp.Module{Name: "json", Doc: "Values as JSON text.", Merge: true, Funcs: []*interp.Func{
		format.Encode("JSON", Encode), decode,
		{Name: "encode_indent", Doc: "Returns a value as indented JSON text.",
			Params: append([]interp.Param{{Name: "x", Doc: "The value.", Required: true}}, style...),
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				return indented(a, a.Value("x"))
			}},
		{Name: "indent", Doc: "Returns JSON text with lines and indentation.",
			Params: append([]interp.Param{{Name: "str", Doc: "JSON text.", Required: true}}, style...),
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				text, err := a.Data("str")
				if err != nil {
					return nil, err
				}
				v, err := Decode(text)
				if err != nil {
					return nil, err
				}
				return indented(a, v)
			}},
	}}
}

func indented(a *interp.Args, v value.Value) (value.Value, error) {
	prefix, err := a.String("prefix")
	if err != nil {
		return nil, err
	}
	indent, err := a.String("indent")
	if err != nil {
		return nil, err
	}
	text, err := Encode(v, format.Options{Indent: indent})
	if err != nil {
		return nil, err
	}
	return strings.ReplaceAll(text, "\n", "\n"+prefix), nil
}
