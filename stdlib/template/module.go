package template

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/path"
)

// Module makes the module template.
func Module() *interp.Module {
	lib := newLibrary()
	const more = " The keywords are the names that it can use; an undefined name is a ParseError with template, line and name."
	return &interp.Module{Name: "template", Doc: "Text with Jinja2's syntax, filters and tests.", Funcs: []*interp.Func{
		{Name: "render", Doc: "Returns the text that a template gives." + more, Keywords: "vars",
			Params: []interp.Param{{Name: "text", Doc: "The template.", Required: true}},
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
				text, err := a.Data("text")
				if err != nil {
					return nil, err
				}
				t, err := parse(lib, "<text>", "", text)
				if err != nil {
					return nil, err
				}
				return render(&run{ctx: ctx, lib: lib}, t, a)
			}},
		{Name: "render_file", Doc: "Returns the text that a template in a file gives; what it extends, includes and imports is relative to it." + more, Keywords: "vars",
			Params: []interp.Param{{Name: "path", Doc: "The template's file.", Required: true}},
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
				name, err := path.Arg(a, "path")
				if err != nil {
					return nil, err
				}
				load := loader(lib)
				t, err := load(name)
				if err != nil {
					return nil, err
				}
				return render(&run{ctx: ctx, lib: lib, load: load}, t, a)
			}},
	}}
}

// loader reads templates from files, each once.
func loader(lib *library) func(string) (*parsed, error) {
	known := map[string]*parsed{}
	return func(name string) (*parsed, error) {
		if t, ok := known[name]; ok {
			return t, nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, oserror.Wrap("read", name, err)
		}
		t, err := parse(lib, name, filepath.Dir(name), string(text))
		if err == nil {
			known[name] = t
		}
		return t, err
	}
}

// render gives text; a Secret if the template opened one.
func render(r *run, t *parsed, a *interp.Args) (value.Value, error) {
	s := &state{run: r, scope: &scope{parent: &r.lib.globals}, out: &strings.Builder{}, template: t}
	for _, f := range a.Keywords {
		s.scope.set(f.Name, f.Value)
	}
	if err := s.renderTree(t); err != nil {
		return nil, err
	}
	if r.secret {
		return value.NewSecret(s.out.String())
	}
	return s.out.String(), nil
}
