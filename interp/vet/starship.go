package vet

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"
)

// shipped is the function that a call sends, nil if it sends none.
func (s *starScript) shipped(n *syntax.CallExpr) syntax.Expr {
	dot, ok := n.Fn.(*syntax.DotExpr)
	if !ok || len(n.Args) == 0 {
		return nil
	}
	dotted := s.dotted(n.Fn)
	switch {
	case dotted == "mitogen.pmap", dotted == "" && slices.Contains(shipping, dot.Name.Name):
		if kw, ok := n.Args[0].(*syntax.BinaryExpr); ok && kw.Op == syntax.EQ {
			return nil
		}
		return n.Args[0]
	case dotted == "router.fork":
		for _, arg := range n.Args {
			if kw, ok := arg.(*syntax.BinaryExpr); ok && kw.Op == syntax.EQ && nameOf(kw.X) == "on_fork" {
				return kw.Y
			}
		}
	}
	return nil
}

func nameOf(e syntax.Expr) string {
	if id, ok := e.(*syntax.Ident); ok {
		return id.Name
	}
	return ""
}

func (s *starScript) checkTarget(e syntax.Expr) {
	if dotted := s.dotted(e); dotted != "" {
		if f := s.lib.function(dotted); f != nil && f.NoTarget != "" {
			s.at(e, "%s cannot be called in another context: %s", dotted, f.NoTarget)
		}
		return
	}
	if lit, ok := e.(*syntax.Literal); ok {
		start, _ := e.Span()
		if text, ok := lit.Value.(string); ok && lit.Token == syntax.STRING {
			s.target(text, int(start.Line), int(start.Col))
		} else {
			s.at(e, "cannot call %s: want a function", lit.Raw)
		}
		return
	}
	w := &starWalk{starScript: s, seen: map[syntax.Node]bool{}}
	w.expr(e, nameOf(e))
}

// starWalk looks through a function, and all that it refers to, for what cannot be
// sent.
type starWalk struct {
	*starScript
	seen map[syntax.Node]bool
}

// expr looks at what a variable is bound to; path is the way there.
func (w *starWalk) expr(n syntax.Node, path string) {
	if n == nil || w.seen[n] {
		return
	}
	w.seen[n] = true
	switch n := n.(type) {
	case *syntax.Ident:
		if b, ok := n.Binding.(*resolve.Binding); ok {
			w.expr(w.defs[b], path)
		}
	case *syntax.ParenExpr:
		w.expr(n.X, path)
	case *syntax.DefStmt:
		w.body(n.Body, path)
		for _, p := range n.Params {
			w.param(p, path)
		}
	case *syntax.LambdaExpr:
		if path == "" {
			path = "lambda"
		}
		w.uses(n.Body, path)
		for _, p := range n.Params {
			w.param(p, path)
		}
	case *syntax.DictExpr:
		for _, e := range n.List {
			entry := e.(*syntax.DictEntry)
			if key, ok := entry.Key.(*syntax.Literal); ok {
				w.expr(entry.Value, path+"["+key.Raw+"]")
			}
		}
	case *syntax.ListExpr:
		for i, e := range n.List {
			w.expr(e, fmt.Sprintf("%s[%d]", path, i))
		}
	case *syntax.TupleExpr:
		for i, e := range n.List {
			w.expr(e, fmt.Sprintf("%s[%d]", path, i))
		}
	case *syntax.CallExpr:
		w.result(n, path)
	}
}

// param looks at a default, which is a value when the function is sent.
func (w *starWalk) param(p syntax.Expr, path string) {
	if kw, ok := p.(*syntax.BinaryExpr); ok {
		w.expr(kw.Y, path+" → "+nameOf(kw.X))
	}
}

// result refuses what a library function makes that stays in its process.
func (w *starWalk) result(n *syntax.CallExpr, path string) {
	dotted := w.dotted(n.Fn)
	if dotted == "" {
		if dot, ok := n.Fn.(*syntax.DotExpr); ok && dot.Name.Name == "call_async" {
			dotted = "call_async"
		}
	}
	if isLive(dotted) || dotted == "call_async" || strings.HasPrefix(dotted, "router.") && strings.HasSuffix(dotted, "_async") {
		w.at(n, "%s: the result of %s cannot be sent", path, dotted)
	}
}

func (w *starWalk) body(stmts []syntax.Stmt, path string) {
	for _, stmt := range stmts {
		w.uses(stmt, path)
	}
}

// uses looks at the variables that a body refers to from outside of it.
func (w *starWalk) uses(body syntax.Node, path string) {
	syntax.Walk(body, func(n syntax.Node) bool {
		id, ok := n.(*syntax.Ident)
		if !ok {
			return true
		}
		b, ok := id.Binding.(*resolve.Binding)
		if ok && (b.Scope == resolve.Global || b.Scope == resolve.Free) {
			if b.Scope == resolve.Free {
				b = w.captured(b)
			}
			w.expr(w.defs[b], path+" → "+id.Name)
		}
		return true
	})
}

// captured is the variable of an outer function that b stands for inside.
func (w *starWalk) captured(b *resolve.Binding) *resolve.Binding {
	for other := range w.defs {
		if other.First == b.First && other.Scope != resolve.Free {
			return other
		}
	}
	return b
}
