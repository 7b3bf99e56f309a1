package digest

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Base64 makes the module base64.
func Base64() *interp.Module {
	url := interp.Param{Name: "url", Doc: "Use \"-\" and \"_\", which are safe in addresses.", Default: false}
	return &interp.Module{
		Name: "base64",
		Doc:  "Bytes as text of 64 letters.",
		Funcs: []*interp.Func{
			{Name: "encode", Doc: "Returns data as base64 text.",
				Params: []interp.Param{{Name: "data", Doc: "Text or bytes.", Required: true}, url}, Impl: encode64},
			{Name: "decode", Doc: "Returns the bytes that base64 text stands for. Padding may be missing and both alphabets are read; white space is skipped.",
				Params: []interp.Param{{Name: "text", Doc: "The text.", Required: true}}, Impl: decode64},
		},
	}
}

func encode64(_ context.Context, a *interp.Args) (value.Value, error) {
	data, err := a.Data("data")
	if err != nil {
		return nil, err
	}
	url, err := a.Bool("url")
	if err != nil {
		return nil, err
	}
	if url {
		return base64.URLEncoding.EncodeToString([]byte(data)), nil
	}
	return base64.StdEncoding.EncodeToString([]byte(data)), nil
}

func decode64(_ context.Context, a *interp.Args) (value.Value, error) {
	text, err := a.Data("text")
	if err != nil {
		return nil, err
	}
	text = strings.Join(strings.Fields(text), "")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	out, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, value.Errorf(value.KindValue, "cannot decode base64: %w", err)
	}
	return value.Bytes(out), nil
}

// Hex makes the module hex.
func Hex() *interp.Module {
	return &interp.Module{
		Name: "hex",
		Doc:  "Bytes as pairs of hexadecimal digits.",
		Funcs: []*interp.Func{
			{Name: "encode", Doc: "Returns data as hexadecimal text.",
				Params: []interp.Param{{Name: "data", Doc: "Text or bytes.", Required: true}},
				Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
					data, err := a.Data("data")
					return hex.EncodeToString([]byte(data)), err
				}},
			{Name: "decode", Doc: "Returns the bytes that hexadecimal text stands for.",
				Params: []interp.Param{{Name: "text", Doc: "The text.", Required: true}},
				Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
					text, err := a.Data("text")
					if err != nil {
						return nil, err
					}
					out, err := hex.DecodeString(strings.TrimSpace(text))
					if err != nil {
						return nil, value.Errorf(value.KindValue, "cannot decode hex: %w", err)
					}
					return value.Bytes(out), nil
				}},
		},
	}
}
