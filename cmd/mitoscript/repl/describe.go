package repl

import (
	"context"
	"fmt"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// describe tells what a name stands for.
func (s *Session) describe(ctx context.Context, name string) error {
	if name == "" {
		return s.help(ctx, "")
	}
	s.opts.Host.Lock.Lock()
	sym, ok := s.lang.Look(ctx, strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == ':' }))
	s.opts.Host.Lock.Unlock()
	if !ok {
		return value.Errorf(value.KindScript, "nothing here is called %s", name)
	}
	if text, ok := s.explain(sym); ok {
		fmt.Fprint(s.opts.Out, text)
		return nil
	}
	fmt.Fprint(s.opts.Out, description(name, sym))
	return nil
}

// explain asks for the documentation of what belongs to the library.
func (s *Session) explain(sym interp.Symbol) (string, bool) {
	name := ""
	switch {
	case sym.Func != nil:
		name = sym.Func.Qualified()
	case sym.Module != nil:
		name = sym.Module.Name
	}
	if name == "" || s.opts.Explain == nil {
		return "", false
	}
	return s.opts.Explain(name)
}

func description(name string, sym interp.Symbol) string {
	var b strings.Builder
	switch {
	case sym.Func != nil:
		fmt.Fprintln(&b, name+signature(sym.Func))
		fmt.Fprintln(&b, "  "+sym.Func.Doc)
		for _, p := range sym.Func.Params {
			fmt.Fprintf(&b, "  %-12s %s\n", p.Name, p.Doc)
		}
	case sym.Line > 0:
		fmt.Fprintf(&b, "%s(%s)\n  %s:%d\n", name, strings.Join(sym.Params, ", "), sym.File, sym.Line)
		if sym.Doc != "" {
			fmt.Fprintln(&b, "  "+strings.ReplaceAll(strings.TrimSpace(sym.Doc), "\n", "\n  "))
		}
	default:
		fmt.Fprintln(&b, name+": "+sym.TypeName)
	}
	if sym.Module != nil && sym.Module.Doc != "" {
		fmt.Fprintln(&b, "  "+sym.Module.Doc)
	}
	if len(sym.Members) > 0 {
		fmt.Fprintln(&b, "  has "+strings.Join(sym.Members, ", "))
	}
	return b.String()
}

// signature gives "(path, mode=0644, *args)".
func signature(f *interp.Func) string {
	var parts []string
	named := false
	for _, p := range f.Params {
		if p.KeywordOnly && !named && f.Rest == "" {
			parts, named = append(parts, "*"), true
		}
		if p.Required {
			parts = append(parts, p.Name)
		} else {
			parts = append(parts, p.Name+"="+interp.Show(p.Default))
		}
	}
	if f.Rest != "" {
		parts = append(parts, "*"+f.Rest)
	}
	if f.Keywords != "" {
		parts = append(parts, "**"+f.Keywords)
	}
	return "(" + strings.Join(parts, ", ") + ")"
}
