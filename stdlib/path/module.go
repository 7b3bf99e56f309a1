package path

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// Module makes the module path.
func Module() *interp.Module {
	return &interp.Module{
		Name: "path",
		Doc:  "Names of files, as text.",
		Funcs: []*interp.Func{
			{Name: "join", Doc: "Joins parts with slashes; an absolute part starts anew.", Rest: "parts", Impl: join},
			one("base", "Returns the last part of a path.", func(p string) value.Value { return Base(p) }),
			one("dir", "Returns a path without its last part.", func(p string) value.Value { return Dir(p) }),
			one("ext", "Returns the extension with its dot, \"\" if there is none.", func(p string) value.Value { return Ext(p) }),
			one("stem", "Returns the last part without its extension.", func(p string) value.Value {
				return strings.TrimSuffix(Base(p), Ext(p))
			}),
			{Name: "abs", Doc: "Makes a path absolute and clean.", Params: pathParam(), Impl: abs},
			one("clean", "Resolves \".\", \"..\" and double slashes in the text of a path.", func(p string) value.Value {
				return filepath.Clean(p)
			}),
			{Name: "rel", Doc: "Returns the way to a path from a folder.", Impl: rel,
				Params: append(pathParam(), interp.Param{Name: "start", Doc: "The folder; the current one if left out."})},
			one("split", "Splits a path into its folder and its last part.", func(p string) value.Value {
				return value.Tuple{Dir(p), Base(p)}
			}),
			one("parts", "Returns all parts of a path as a list; an absolute path begins with \"/\".", func(p string) value.Value {
				return parts(p)
			}),
			one("is_abs", "Reports whether a path is absolute.", func(p string) value.Value { return strings.HasPrefix(p, "/") }),
			{Name: "match", Doc: "Reports whether a path matches a pattern. A relative pattern is matched from the right; \"**\" stands for any folders.",
				Params: append([]interp.Param{{Name: "pattern", Doc: "With *, ?, [abc], [!abc] and **.", Required: true}}, pathParam()...),
				Impl:   match},
			{Name: "expand", Doc: "Expands ~, ~user, $VAR and ${VAR}.", Params: pathParam(), Impl: expand},
		},
	}
}

func pathParam() []interp.Param {
	return []interp.Param{{Name: "path", Doc: "The path.", Required: true}}
}

// one makes a function of one path.
func one(name, doc string, fn func(p string) value.Value) *interp.Func {
	return &interp.Func{Name: name, Doc: doc, Params: pathParam(),
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			p, err := Arg(a, "path")
			if err != nil {
				return nil, err
			}
			return fn(p), nil
		}}
}

func join(_ context.Context, a *interp.Args) (value.Value, error) {
	out := ""
	for i, v := range a.Rest {
		p, ok := v.(string)
		if b, isBytes := v.(value.Bytes); isBytes {
			p, ok = string(b), true
		}
		if !ok {
			return nil, a.Errorf("argument %d: want string, got %s", i+1, value.TypeName(v))
		}
		if i == 0 {
			p = Home(p)
		}
		switch {
		case out == "" || strings.HasPrefix(p, "/"):
			out = p
		case strings.HasSuffix(out, "/"):
			out += p
		default:
			out += "/" + p
		}
	}
	return out, nil
}

// Base is the last part of a path; that of "a/b/" is "b".
func Base(p string) string {
	p = strings.TrimRight(p, "/")
	return p[strings.LastIndexByte(p, '/')+1:]
}

// Dir is a path without its last part: "" for a lone name.
func Dir(p string) string {
	trimmed := strings.TrimRight(p, "/")
	if trimmed == "" && p != "" {
		return "/"
	}
	i := strings.LastIndexByte(trimmed, '/')
	if i < 0 {
		return ""
	}
	if dir := strings.TrimRight(trimmed[:i], "/"); dir != "" {
		return dir
	}
	return "/"
}

// Ext is the extension with its dot; that of ".profile" is "".
func Ext(p string) string {
	base := Base(p)
	lead := len(base) - len(strings.TrimLeft(base, "."))
	if i := strings.LastIndexByte(base[lead:], '.'); i >= 0 {
		return base[lead+i:]
	}
	return ""
}

func parts(p string) value.List {
	out := value.List{}
	if strings.HasPrefix(p, "/") {
		out = append(out, "/")
	}
	for _, s := range segments(p) {
		out = append(out, s)
	}
	return out
}

func abs(_ context.Context, a *interp.Args) (value.Value, error) {
	p, err := Arg(a, "path")
	if err != nil {
		return nil, err
	}
	full, err := filepath.Abs(p)
	if err != nil {
		return nil, oserror.Wrap("find the absolute path of", p, err)
	}
	return full, nil
}

func rel(_ context.Context, a *interp.Args) (value.Value, error) {
	p, err := Arg(a, "path")
	if err != nil {
		return nil, err
	}
	start, err := Arg(a, "start")
	if err != nil {
		return nil, err
	}
	for _, s := range []*string{&p, &start} {
		if *s, err = filepath.Abs(*s); err != nil {
			return nil, oserror.Wrap("find the absolute path of", *s, err)
		}
	}
	r, err := filepath.Rel(start, p)
	if err != nil {
		return nil, a.Errorf("%v", err)
	}
	return r, nil
}

func match(_ context.Context, a *interp.Args) (value.Value, error) {
	pattern, err := Arg(a, "pattern")
	if err != nil {
		return nil, err
	}
	p, err := Arg(a, "path")
	if err != nil {
		return nil, err
	}
	return Match(pattern, p), nil
}

func expand(_ context.Context, a *interp.Args) (value.Value, error) {
	p, err := Arg(a, "path")
	if err != nil {
		return nil, err
	}
	return Home(expandVars(p)), nil
}
