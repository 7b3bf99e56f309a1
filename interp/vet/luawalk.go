package vet

import (
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/lua"
)

// luaScope has the local variables of a block.
type luaScope struct {
	outer *luaScope
	vars  []*luaVar
}

func (s *luaScope) lookup(name string) *luaVar {
	for ; s != nil; s = s.outer {
		for i := len(s.vars) - 1; i >= 0; i-- {
			if s.vars[i].name == name {
				return s.vars[i]
			}
		}
	}
	return nil
}

// luaWalk goes through a script once and notes what is checked afterwards, when all
// globals are known.
type luaWalk struct {
	*luaScript
	scope *luaScope
}

func (w *luaWalk) inside(body func()) {
	w.scope = &luaScope{outer: w.scope}
	body()
	w.scope = w.scope.outer
}

// declare begins a scope of its own, so that what stands before does not see it.
func (w *luaWalk) declare(name string, bound ast.Expr) {
	v := &luaVar{name: name}
	w.scope = &luaScope{outer: w.scope, vars: []*luaVar{v}}
	if bound != nil {
		v.bind(bound, w.scope)
	}
}

func (w *luaWalk) block(stmts []ast.Stmt) {
	before := w.scope
	for _, s := range stmts {
		w.stmt(s)
	}
	w.scope = before
}

func (w *luaWalk) stmt(n ast.Stmt) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		w.exprs(n.Rhs)
		for i, e := range n.Lhs {
			w.assign(e, at(n.Rhs, i))
		}
	case *ast.LocalAssignStmt:
		w.local(n)
	case *ast.FuncCallStmt:
		w.expr(n.Expr)
	case *ast.DoBlockStmt:
		w.block(n.Stmts)
	case *ast.WhileStmt:
		w.expr(n.Condition)
		w.block(n.Stmts)
	case *ast.RepeatStmt: // its condition sees its variables
		before := w.scope
		for _, s := range n.Stmts {
			w.stmt(s)
		}
		w.expr(n.Condition)
		w.scope = before
	case *ast.IfStmt:
		w.expr(n.Condition)
		w.block(n.Then)
		w.block(n.Else)
	case *ast.NumberForStmt:
		w.exprs([]ast.Expr{n.Init, n.Limit, n.Step})
		w.inside(func() { w.loop([]string{n.Name}, n.Stmts) })
	case *ast.GenericForStmt:
		w.exprs(n.Exprs)
		w.inside(func() { w.loop(n.Names, n.Stmts) })
	case *ast.FuncDefStmt:
		w.definition(n)
	case *ast.ReturnStmt:
		w.exprs(n.Exprs)
	}
}

func (w *luaWalk) loop(names []string, body []ast.Stmt) {
	before := w.scope
	for _, name := range names {
		w.declare(name, nil)
	}
	w.block(body)
	w.scope = before
}

func at(all []ast.Expr, i int) ast.Expr {
	if i < len(all) {
		return all[i]
	}
	return nil
}

func (w *luaWalk) local(n *ast.LocalAssignStmt) {
	if len(n.Names) == 1 && len(n.Exprs) == 1 {
		if _, ok := n.Exprs[0].(*ast.FunctionExpr); ok { // it sees its own name
			w.declare(n.Names[0], n.Exprs[0])
			w.exprs(n.Exprs)
			return
		}
	}
	w.exprs(n.Exprs)
	for i, name := range n.Names {
		w.declare(name, at(n.Exprs, i))
	}
}

func (w *luaWalk) assign(target, bound ast.Expr) {
	switch e := target.(type) {
	case *ast.IdentExpr:
		if v := w.scope.lookup(e.Value); v != nil {
			v.bind(bound, w.scope)
			return
		}
		w.global(e.Value).bind(bound, w.scope)
	case *ast.AttrGetExpr:
		w.expr(e.Object)
		w.expr(e.Key)
		chain := chainOf(e)
		name, ofG := strings.CutPrefix(chain, "_G.")
		_, computed := e.Key.(*ast.StringExpr)
		switch {
		case ofG && !strings.Contains(name, "."):
			w.global(name).bind(bound, w.scope)
		case chainOf(e.Object) == "_G" && !computed:
			w.dynamic = true
		case chain != "":
			w.fields[chain] = true
		}
	}
}

func (w *luaWalk) global(name string) *luaVar {
	v := w.globals[name]
	if v == nil {
		v = &luaVar{name: name}
		w.globals[name] = v
	}
	return v
}

func (w *luaWalk) definition(n *ast.FuncDefStmt) {
	if n.Name.Func != nil {
		w.assign(n.Name.Func, n.Func)
	} else {
		w.expr(n.Name.Receiver)
		if x := chainOf(n.Name.Receiver); x != "" {
			w.fields[x+"."+n.Name.Method] = true
		}
	}
	w.function(n.Func, n.Name.Func == nil)
}

func (w *luaWalk) function(f *ast.FunctionExpr, method bool) {
	before := w.scope
	w.scope = &luaScope{outer: before}
	if method {
		w.declare("self", nil)
	}
	if f.ParList.HasVargs {
		w.declare("arg", nil)
	}
	for _, p := range f.ParList.Names {
		w.declare(p, nil)
	}
	w.block(f.Stmts)
	w.scope = before
}

func (w *luaWalk) exprs(all []ast.Expr) {
	for _, e := range all {
		w.expr(e)
	}
}

func (w *luaWalk) expr(n ast.Expr) {
	switch n := n.(type) {
	case *ast.IdentExpr:
		if w.scope.lookup(n.Value) == nil {
			w.unbound = append(w.unbound, luaUse{n.Value, n.Line()})
			w.dynamic = w.dynamic || n.Value == "setfenv" || n.Value == "getfenv" || n.Value == "loadstring" || n.Value == "dofile"
		}
	case *ast.AttrGetExpr:
		w.attribute(n)
	case *ast.TableExpr:
		for _, f := range n.Fields {
			w.expr(f.Key)
			w.expr(f.Value)
		}
	case *ast.FuncCallExpr:
		w.call(n)
	case *ast.FunctionExpr:
		w.function(n, false)
	default:
		w.exprs(operands(n))
	}
}

// operands are the parts of an operator.
func operands(n ast.Expr) []ast.Expr {
	switch n := n.(type) {
	case *ast.LogicalOpExpr:
		return []ast.Expr{n.Lhs, n.Rhs}
	case *ast.RelationalOpExpr:
		return []ast.Expr{n.Lhs, n.Rhs}
	case *ast.StringConcatOpExpr:
		return []ast.Expr{n.Lhs, n.Rhs}
	case *ast.ArithmeticOpExpr:
		return []ast.Expr{n.Lhs, n.Rhs}
	case *ast.UnaryMinusOpExpr:
		return []ast.Expr{n.Expr}
	case *ast.UnaryNotOpExpr:
		return []ast.Expr{n.Expr}
	case *ast.UnaryLenOpExpr:
		return []ast.Expr{n.Expr}
	}
	return nil
}

func (w *luaWalk) attribute(n *ast.AttrGetExpr) {
	key, named := n.Key.(*ast.StringExpr)
	if object := w.predeclared(n.Object); named && object != "" {
		w.chains = append(w.chains, luaChain{object, key.Value, n.Line()})
	}
	w.expr(n.Object)
	w.expr(n.Key)
}

// predeclared is the dotted name of e if it begins with a global, else "".
func (w *luaWalk) predeclared(e ast.Expr) string {
	chain := chainOf(e)
	root, _, _ := strings.Cut(chain, ".")
	if chain == "" || w.scope.lookup(root) != nil {
		return ""
	}
	return chain
}

func (w *luaWalk) call(n *ast.FuncCallExpr) {
	dotted := ""
	if n.Func != nil {
		dotted = w.predeclared(n.Func)
		w.expr(n.Func)
	} else {
		if object := w.predeclared(n.Receiver); object != "" {
			dotted = object + "." + n.Method
			w.chains = append(w.chains, luaChain{object, n.Method, n.Line()})
		}
		w.expr(n.Receiver)
	}
	if dotted == "require" && len(n.Args) == 1 {
		w.require(n)
	}
	if dotted != "" {
		w.calls = append(w.calls, luaCall{dotted, n})
	}
	w.exprs(n.Args)
	w.ships(n, dotted)
}

// require notes the globals that a module sets.
func (w *luaWalk) require(n *ast.FuncCallExpr) {
	name, ok := n.Args[0].(*ast.StringExpr)
	if !ok {
		w.dynamic = true
		return
	}
	if _, own := w.lib.names.Members(name.Value); own {
		return
	}
	line, col := w.column(name.Value, n.Line(), false)
	if src, ok := w.find(name.Value, line, col); ok {
		w.globalsOfModule(src)
	}
}

// globalsOfModule adds the globals that a module, and those that it requires, sets.
func (w *luaWalk) globalsOfModule(src interp.Source) {
	if slices.Contains(w.loaded, src.Path) {
		return
	}
	w.loaded = append(w.loaded, src.Path)
	text := lua.Text(src)
	stmts, err := parse.Parse(strings.NewReader(text), src.Path)
	if err != nil {
		return
	}
	sub := &luaWalk{scope: &luaScope{}, luaScript: &luaScript{
		report:  &report{ctx: w.ctx, lib: w.lib, src: src},
		globals: w.globals, fields: w.fields, toks: tokens(text), loaded: w.loaded,
	}}
	sub.block(stmts)
	w.loaded, w.dynamic = sub.loaded, w.dynamic || sub.dynamic
}
