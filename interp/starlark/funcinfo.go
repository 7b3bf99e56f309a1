package starlark

import (
	"go.starlark.net/resolve"
	star "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/mitoscript/mitoscript/interp/ship"
)

// The forms of a slice.
const (
	formDef    = "def"
	formLambda = "lambda"
	// formRenamed is a def whose own name means something else to its body: it is
	// compiled under a name that no script can spell.
	formRenamed = "renamed"
)

// renamePrefix makes the name of a formRenamed def.
const renamePrefix = "$"

// place is a position without its file.
type place struct{ line, col int32 }

func placeOf(pos syntax.Position) place { return place{pos.Line, pos.Col} }

// funcInfo is what the text says of one function.
type funcInfo struct {
	node syntax.Node
	name string // "" for a lambda
	// uses are the names outside of it that its body refers to, in order.
	uses []use
	// source is its slice; renamed is the same as formRenamed.
	source, renamed *ship.Source
}

// use is a reference to a global, or to a name that is predeclared for the unit.
type use struct {
	name   string
	global bool
	pos    syntax.Position
}

// info analyses the function that fn is an instance of, once.
func (u *unit) info(fn *star.Function) (*funcInfo, bool) {
	if u.funcs == nil {
		u.index()
	}
	info, ok := u.funcs[placeOf(fn.Position())]
	if ok && info.source == nil {
		u.analyse(info, fn)
	}
	return info, ok
}

// index finds all functions of the unit.
func (u *unit) index() {
	u.funcs = map[place]*funcInfo{}
	syntax.Walk(u.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DefStmt:
			u.funcs[placeOf(n.Def)] = &funcInfo{node: n, name: plainName(n.Name.Name)}
		case *syntax.LambdaExpr:
			u.funcs[placeOf(n.Lambda)] = &funcInfo{node: n}
		}
		return true
	})
}

func (u *unit) analyse(info *funcInfo, fn *star.Function) {
	info.uses = u.usesOf(info.node)
	start, text := u.slice(info.node)
	src := func(form string) *ship.Source {
		s := &ship.Source{
			Path: u.path, Line: int(start.Line), Col: int(start.Col), Text: text,
			Name: info.name, Params: namedParams(fn), Form: form,
		}
		for _, use := range info.uses {
			s.Names = append(s.Names, use.name)
		}
		for i := range fn.NumFreeVars() {
			b, _ := fn.FreeVar(i)
			s.Cells = append(s.Cells, b.Name)
		}
		return s
	}
	if info.name == "" {
		info.source = src(formLambda)
		return
	}
	info.source, info.renamed = src(formDef), src(formRenamed)
}

// usesOf lists what the body refers to; defaults of parameters are values by now.
func (u *unit) usesOf(n syntax.Node) []use {
	var uses []use
	seen := map[string]bool{}
	visit := func(n syntax.Node) bool {
		id, ok := n.(*syntax.Ident)
		if !ok {
			return true
		}
		b, ok := id.Binding.(*resolve.Binding)
		if !ok || seen[id.Name] {
			return true
		}
		if b.Scope == resolve.Global || b.Scope == resolve.Predeclared && u.late {
			seen[id.Name] = true
			uses = append(uses, use{id.Name, b.Scope == resolve.Global, id.NamePos})
		}
		return true
	}
	switch n := n.(type) {
	case *syntax.DefStmt:
		for _, s := range n.Body {
			syntax.Walk(s, visit)
		}
	case *syntax.LambdaExpr:
		syntax.Walk(n.Body, visit)
	}
	return uses
}
