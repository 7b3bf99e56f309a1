package vet

import (
	"errors"
	"slices"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/starlark"
)

// starScript is a Starlark script that is being vetted.
type starScript struct {
	*report
	file *syntax.File
	// defs are what variables are bound to; nil for what is bound in another way, or
	// more than once.
	defs map[*resolve.Binding]syntax.Node
}

func (r *report) starlark() {
	file, err := starlark.Parse(r.src)
	if err == nil {
		names := r.lib.names.Predeclared()
		err = resolve.File(file, func(name string) bool { return slices.Contains(names, name) }, starlark.Universal)
	}
	var scan syntax.Error
	var list resolve.ErrorList
	switch {
	case errors.As(err, &scan):
		r.add(int(scan.Pos.Line), int(scan.Pos.Col), "%s", scan.Msg)
		return
	case errors.As(err, &list):
		for _, e := range list {
			r.add(int(e.Pos.Line), int(e.Pos.Col), "%s", e.Msg)
		}
	case err != nil:
		r.add(1, 1, "%v", err)
		return
	}
	s := &starScript{report: r, file: file, defs: map[*resolve.Binding]syntax.Node{}}
	s.collect()
	syntax.Walk(file, s.visit)
}

// globalsOf lists the names that the top level of a script binds.
func globalsOf(src interp.Source) []string {
	file, err := starlark.Parse(src)
	if err != nil {
		return nil
	}
	_ = resolve.File(file, func(string) bool { return true }, starlark.Universal)
	m, ok := file.Module.(*resolve.Module)
	if !ok {
		return nil
	}
	var names []string
	for _, b := range m.Globals {
		names = append(names, b.First.Name)
	}
	return names
}

// collect notes what each variable is bound to.
func (s *starScript) collect() {
	bind := func(target syntax.Expr, to syntax.Node) {
		id, ok := target.(*syntax.Ident)
		if !ok {
			return
		}
		b, ok := id.Binding.(*resolve.Binding)
		if !ok {
			return
		}
		if _, twice := s.defs[b]; twice {
			to = nil
		}
		s.defs[b] = to
	}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DefStmt:
			bind(n.Name, n)
		case *syntax.AssignStmt:
			if n.Op == syntax.EQ {
				bind(n.LHS, n.RHS)
			} else {
				bind(n.LHS, nil)
			}
		}
		return true
	})
}

func (s *starScript) visit(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.LoadStmt:
		s.load(n)
	case *syntax.DotExpr:
		if dotted := s.dotted(n.X); dotted != "" {
			if text := s.lib.missing(dotted, n.Name.Name); text != "" {
				s.at(n.Name, "%s", text)
			}
		}
	case *syntax.CallExpr:
		s.call(n)
	}
	return true
}

func (s *starScript) at(n syntax.Node, format string, args ...any) {
	start, _ := n.Span()
	s.add(int(start.Line), int(start.Col), format, args...)
}

func (s *starScript) load(n *syntax.LoadStmt) {
	start, _ := n.Module.Span()
	src, ok := s.find(n.ModuleName(), int(start.Line), int(start.Col))
	if !ok {
		return
	}
	names := globalsOf(src)
	for _, from := range n.From {
		if names != nil && !slices.Contains(names, from.Name) {
			s.at(from, "%s has no %s", n.ModuleName(), from.Name)
		}
	}
}

// dotted is the name of what is predeclared and referred to by e, "" for all else.
func (s *starScript) dotted(e syntax.Expr) string {
	switch e := e.(type) {
	case *syntax.ParenExpr:
		return s.dotted(e.X)
	case *syntax.Ident:
		if b, ok := e.Binding.(*resolve.Binding); ok && b.Scope == resolve.Predeclared {
			return e.Name
		}
	case *syntax.DotExpr:
		if x := s.dotted(e.X); x != "" {
			return x + "." + e.Name.Name
		}
	}
	return ""
}

func (s *starScript) call(n *syntax.CallExpr) {
	if dotted := s.dotted(n.Fn); dotted != "" {
		if f := s.lib.function(dotted); f != nil {
			if text := mismatch(f, starArguments(n)); text != "" {
				s.at(lastName(n.Fn), "%s", text)
			}
		}
	}
	if target := s.shipped(n); target != nil {
		s.checkTarget(target)
	}
}

// lastName is the name that stands before the arguments.
func lastName(e syntax.Expr) syntax.Node {
	if dot, ok := e.(*syntax.DotExpr); ok {
		return dot.Name
	}
	return e
}

func starArguments(n *syntax.CallExpr) (c call) {
	for _, arg := range n.Args {
		switch arg := arg.(type) {
		case *syntax.BinaryExpr:
			if id, ok := arg.X.(*syntax.Ident); ok && arg.Op == syntax.EQ {
				c.keywords = append(c.keywords, id.Name)
				continue
			}
		case *syntax.UnaryExpr:
			switch arg.Op {
			case syntax.STAR:
				c.open = true
				continue
			case syntax.STARSTAR:
				c.mapped = true
				continue
			}
		}
		c.positional++
	}
	return c
}
