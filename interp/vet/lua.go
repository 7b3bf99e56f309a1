package vet

import (
	"errors"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/lua"
)

// luaScript is a Lua script that is being vetted.
type luaScript struct {
	*report
	toks []token
	// globals are the global variables that the script, or a module that it
	// requires, sets; fields are those that it adds to predeclared tables.
	globals map[string]*luaVar
	fields  map[string]bool
	// dynamic says that it sets globals in a way that its text does not show.
	dynamic bool
	// unbound are the uses of globals.
	unbound []luaUse
	shipped []luaTarget
	chains  []luaChain
	calls   []luaCall
	// loaded are the modules whose globals are known.
	loaded []string
}

type token struct {
	line, col int
	typ       int
	text      string
}

// luaVar is a variable and what it is bound to, nil if that is not known, where
// scope is seen.
type luaVar struct {
	name  string
	bound ast.Expr
	scope *luaScope
	times int
}

func (v *luaVar) bind(e ast.Expr, scope *luaScope) {
	if v.times++; v.times > 1 {
		e = nil
	}
	v.bound, v.scope = e, scope
}

type luaUse struct {
	name string
	line int
}

// luaChain is a field of what is predeclared: os.hostname.
type luaChain struct {
	object, name string
	line         int
}

type luaCall struct {
	dotted string
	node   *ast.FuncCallExpr
}

// luaTarget is a function that is sent, with the variables that it sees.
type luaTarget struct {
	fn    ast.Expr
	scope *luaScope
	// line and col are those of the call.
	line, col int
}

func (r *report) lua() {
	if err := r.lib.names.Check(r.src); err != nil {
		var bad *interp.SyntaxError
		if errors.As(err, &bad) {
			r.add(bad.Line, bad.Col, "%s", bad.Message)
		} else {
			r.add(1, 1, "%v", err)
		}
		return
	}
	s := &luaScript{report: r, globals: map[string]*luaVar{}, fields: map[string]bool{}}
	text := lua.Text(r.src)
	stmts, err := parse.Parse(strings.NewReader(text), r.src.Path)
	if err != nil {
		return // it parsed before
	}
	s.toks = tokens(text)
	w := &luaWalk{luaScript: s, scope: &luaScope{}}
	w.block(stmts)
	s.undefined()
	s.members()
	for _, t := range s.shipped {
		s.checkTarget(t)
	}
}

func tokens(text string) []token {
	var all []token
	sc, lx := parse.NewScanner(strings.NewReader(text), ""), &parse.Lexer{}
	for {
		t, err := sc.Scan(lx)
		if err != nil || t.Type == parse.EOF {
			return all
		}
		all = append(all, token{t.Pos.Line, t.Pos.Column, t.Type, t.Str})
	}
}

// column is that of a name on a line or one of those below; member asks for one
// behind a dot or a colon.
func (s *luaScript) column(name string, line int, member bool) (int, int) {
	for i, t := range s.toks {
		behind := i > 0 && (s.toks[i-1].typ == '.' || s.toks[i-1].typ == ':')
		if t.line >= line && t.text == name && behind == member && (t.typ == parse.TIdent || t.typ == parse.TString) {
			return t.line, t.col
		}
	}
	return line, 1
}

func (s *luaScript) undefined() {
	if s.dynamic {
		return
	}
	names := s.lib.names.Predeclared()
	seen := map[luaUse]bool{}
	for _, u := range s.unbound {
		if seen[u] || s.globals[u.name] != nil || slices.Contains(names, u.name) {
			continue
		}
		seen[u] = true
		line, col := s.column(u.name, u.line, false)
		text := "undefined: " + u.name
		if near := interp.Nearest(u.name, names); near != "" {
			text += "; did you mean " + near + "?"
		}
		s.add(line, col, "%s", text)
	}
}

// members checks what is asked of predeclared modules, and how their functions are
// called.
func (s *luaScript) members() {
	for _, c := range s.chains {
		root, _, _ := strings.Cut(c.object, ".")
		if s.globals[root] != nil || s.fields[c.object+"."+c.name] {
			continue
		}
		if text := s.lib.missing(c.object, c.name); text != "" {
			line, col := s.column(c.name, c.line, true)
			s.add(line, col, "%s", text)
		}
	}
	for _, c := range s.calls {
		root, _, _ := strings.Cut(c.dotted, ".")
		f := s.lib.function(goName(c.dotted))
		if f == nil || s.globals[root] != nil || s.fields[c.dotted] {
			continue
		}
		if text := mismatch(f, luaArguments(f, root == "router", c.node.Args)); text != "" {
			name := c.dotted[strings.LastIndexByte(c.dotted, '.')+1:]
			line, col := s.column(name, c.node.Line(), name != c.dotted)
			s.add(line, col, "%s", text)
		}
	}
}

// goName is the name of what Lua calls local_ because local is a word of its own.
func goName(dotted string) string { return strings.TrimSuffix(dotted, "_") }

// luaArguments reads arguments as the binder does: a table with nothing but names
// in last place holds keywords, unless a parameter needs it. No parameter of a
// factory takes a table of names.
func luaArguments(f *interp.Func, factory bool, args []ast.Expr) (c call) {
	c.positional = len(args)
	if t, ok := at(args, 0).(*ast.TableExpr); ok && factory && len(args) == 1 && len(t.Fields) == 0 {
		c.positional = 0
	}
	if len(args) == 0 {
		return c
	}
	last := args[len(args)-1]
	switch e := last.(type) {
	case *ast.Comma3Expr:
		c.open = !e.AdjustRet
	case *ast.FuncCallExpr:
		c.open = !e.AdjustRet
	}
	explicit := false
	if k, ok := last.(*ast.FuncCallExpr); ok && chainOf(k.Func) == "mitogen.kwargs" && len(k.Args) == 1 {
		last, explicit, c.open = k.Args[0], true, false
	}
	switch {
	case c.open:
		c.positional--
		c.mapped = true
	case !explicit && isVariable(last):
		c.open, c.mapped = true, true // perhaps a table of keywords
		c.positional--
	}
	if names, ok := keywords(last); ok && (explicit || factory || !f.HandsOn && !needed(f, len(args)-1, names)) {
		c.positional--
		c.keywords = names
	}
	return c
}

func isVariable(e ast.Expr) bool {
	switch e.(type) {
	case *ast.IdentExpr, *ast.AttrGetExpr, *ast.LogicalOpExpr:
		return true
	}
	return false
}

// keywords lists the names in a table of names alone.
func keywords(e ast.Expr) ([]string, bool) {
	t, ok := e.(*ast.TableExpr)
	if !ok || len(t.Fields) == 0 {
		return nil, false
	}
	var names []string
	for _, f := range t.Fields {
		key, ok := f.Key.(*ast.StringExpr)
		if !ok {
			return nil, false
		}
		names = append(names, goName(key.Value))
	}
	return names, true
}

// needed reports whether a required parameter takes the argument at index as it is.
func needed(f *interp.Func, index int, names []string) bool {
	for i, p := range f.Params {
		if p.Required && i >= index && !slices.Contains(names, p.Name) {
			return true
		}
	}
	return slices.Contains([]string{"put", "send", "encode", "cast", "pickled", "reply"}, f.Name)
}

// chainOf is the dotted name that e spells, "" for all else.
func chainOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return e.Value
	case *ast.AttrGetExpr:
		if key, ok := e.Key.(*ast.StringExpr); ok {
			if x := chainOf(e.Object); x != "" {
				return x + "." + key.Value
			}
		}
	}
	return ""
}
