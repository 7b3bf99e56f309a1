package vet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// ships notes the function that a call sends.
func (w *luaWalk) ships(n *ast.FuncCallExpr, dotted string) {
	var target ast.Expr
	switch {
	case dotted == "mitogen.pmap":
		target = at(n.Args, 0)
	case dotted == "router.fork" && len(n.Args) == 1:
		if t, ok := n.Args[0].(*ast.TableExpr); ok {
			for _, f := range t.Fields {
				if key, ok := f.Key.(*ast.StringExpr); ok && key.Value == "on_fork" {
					target = f.Value
				}
			}
		}
	case n.Func == nil && slices.Contains(shipping, n.Method):
		if !w.isModule(dotted) {
			target = at(n.Args, 0)
		}
	}
	if target != nil {
		name := dotted[strings.LastIndexByte(dotted, '.')+1:]
		if n.Func == nil {
			name = n.Method
		}
		line, col := w.column(name, n.Line(), true)
		w.shipped = append(w.shipped, luaTarget{target, w.scope, line, col})
	}
}

// isModule reports whether a method is one of something predeclared.
func (w *luaWalk) isModule(dotted string) bool {
	i := strings.LastIndexByte(dotted, '.')
	if i < 0 {
		return false
	}
	_, ok := w.lib.names.Members(dotted[:i])
	return ok
}

func (s *luaScript) checkTarget(t luaTarget) {
	chain := chainOf(t.fn)
	root, _, _ := strings.Cut(chain, ".")
	own := chain != "" && (t.scope.lookup(root) != nil || s.globals[root] != nil)
	if !own {
		if f := s.lib.function(goName(chain)); f != nil && f.NoTarget != "" {
			line, col := s.column(chain[strings.LastIndexByte(chain, '.')+1:], t.fn.Line(), strings.Contains(chain, "."))
			s.add(line, col, "%s cannot be called in another context: %s", chain, f.NoTarget)
		}
	}
	switch e := t.fn.(type) {
	case *ast.StringExpr:
		line, col := s.column(e.Value, e.Line(), false)
		s.target(e.Value, line, col)
		return
	case *ast.NumberExpr, *ast.TableExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.NilExpr:
		s.add(t.line, t.col, "cannot call what is no function")
		return
	}
	f := &luaFlow{luaScript: s, seen: map[any]bool{}}
	f.value(t.fn, chain, t.scope)
}

// luaFlow looks through a function, and all that it refers to, for what cannot be
// sent.
type luaFlow struct {
	*luaScript
	seen map[any]bool
}

func (f *luaFlow) variable(name, path string, scope *luaScope) {
	v := scope.lookup(name)
	if v == nil {
		v = f.globals[name]
	}
	if v == nil || f.seen[v] || v.bound == nil {
		return
	}
	f.seen[v] = true
	f.value(v.bound, path, v.scope)
}

// value looks at what a variable holds, and path leads to.
func (f *luaFlow) value(e ast.Expr, path string, scope *luaScope) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		f.variable(e.Value, path, scope)
	case *ast.FunctionExpr:
		if path == "" {
			path = "function"
		}
		f.body(e, path, scope)
	case *ast.TableExpr:
		f.table(e, path, scope)
	case *ast.FuncCallExpr:
		f.result(e, path, scope)
	}
}

func (f *luaFlow) table(t *ast.TableExpr, path string, scope *luaScope) {
	index := 0
	for _, field := range t.Fields {
		step := ""
		switch key := field.Key.(type) {
		case nil:
			index++
			step = fmt.Sprint(index)
		case *ast.StringExpr:
			step = fmt.Sprintf("%q", key.Value)
		case *ast.NumberExpr:
			step = key.Value
		default:
			continue
		}
		f.value(field.Value, path+"["+step+"]", scope)
	}
}

// result refuses what a library function makes that stays in its process.
func (f *luaFlow) result(n *ast.FuncCallExpr, path string, scope *luaScope) {
	dotted := n.Method
	if n.Func != nil {
		dotted = chainOf(n.Func)
		root, _, _ := strings.Cut(dotted, ".")
		if scope.lookup(root) != nil || f.globals[root] != nil {
			return
		}
	} else if object := chainOf(n.Receiver); object == "router" && scope.lookup(object) == nil {
		dotted = "router." + n.Method
	}
	if isLive(dotted) || dotted == "call_async" || strings.HasPrefix(dotted, "router.") && strings.HasSuffix(dotted, "_async") {
		line, col := f.column(dotted[strings.LastIndexByte(dotted, '.')+1:], n.Line(), n.Func == nil || strings.Contains(dotted, "."))
		f.add(line, col, "%s: the result of %s cannot be sent", path, dotted)
	}
}

// body looks at the variables that a function refers to from outside of it.
func (f *luaFlow) body(fn *ast.FunctionExpr, path string, scope *luaScope) {
	if f.seen[fn] {
		return
	}
	f.seen[fn] = true
	inner := &luaWalk{scope: &luaScope{}, luaScript: &luaScript{
		report: &report{ctx: f.ctx, lib: f.lib, src: f.src}, toks: f.toks, globals: map[string]*luaVar{}, fields: map[string]bool{},
	}}
	inner.function(fn, false)
	for _, use := range inner.unbound {
		f.variable(use.name, path+" → "+use.name, scope)
	}
}
