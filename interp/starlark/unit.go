package starlark

import (
	"slices"
	"strings"
	"unicode/utf8"

	"go.starlark.net/resolve"
	star "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/mitoscript/mitoscript/interp"
)

// unit is one compiled source and what is known of its functions.
type unit struct {
	path string
	text string
	// line and col are the place of the text's first character.
	line, col int32
	file      *syntax.File
	// lib is set if it is a library module.
	lib *library
	// late says that predeclared names are the unit's own affair (those of earlier
	// pieces, those of a graft): they are captured like globals.
	late bool

	starts []int // offsets of its lines, made when first needed
	funcs  map[place]*funcInfo
}

// parse reads and resolves src without making code of it.
func parse(src interp.Source, isPredeclared func(string) bool) (*syntax.File, error) {
	file, err := fileOptions().Parse(src.Path, cleanText(src.Text), 0)
	if err == nil {
		err = resolve.File(file, isPredeclared, star.Universe.Has)
	}
	if err != nil {
		return nil, syntaxError(src.Path, err)
	}
	return file, nil
}

func (in *Interp) compile(src interp.Source, isPredeclared func(string) bool) (*unit, *star.Program, error) {
	file, err := fileOptions().Parse(src.Path, cleanText(src.Text), 0)
	if err != nil {
		return nil, nil, syntaxError(src.Path, err)
	}
	return in.compileFile(src, file, isPredeclared)
}

func (in *Interp) compileFile(src interp.Source, file *syntax.File, isPredeclared func(string) bool) (*unit, *star.Program, error) {
	prog, err := star.FileProgram(file, isPredeclared)
	if err != nil {
		return nil, nil, syntaxError(src.Path, err)
	}
	u := &unit{path: src.Path, text: cleanText(src.Text), line: 1, col: 1, file: file}
	in.units.set(prog, u)
	return u, prog, nil
}

// unitOf returns the unit that fn was compiled from.
func (in *Interp) unitOf(fn *star.Function) (*unit, bool) {
	return in.units.get(fn.Module().Program())
}

// slice returns the text of a function and the place where it begins.
func (u *unit) slice(n syntax.Node) (syntax.Position, string) {
	start, end := n.Span()
	if lambda, ok := n.(*syntax.LambdaExpr); ok {
		return start, u.text[u.offset(start):u.offset(exprEnd(lambda))]
	}
	at := u.offset(end) // a def has its last line to itself
	if n := strings.IndexByte(u.text[at:], '\n'); n >= 0 {
		return start, u.text[u.offset(start) : at+n]
	}
	return start, u.text[u.offset(start):]
}

// exprEnd is the end of an expression. Span leaves the last bracket out of some.
func exprEnd(e syntax.Expr) syntax.Position {
	_, end := e.Span()
	switch e := e.(type) {
	case *syntax.LambdaExpr:
		return exprEnd(e.Body)
	case *syntax.CondExpr:
		return exprEnd(e.False)
	case *syntax.BinaryExpr:
		return exprEnd(e.Y)
	case *syntax.UnaryExpr:
		return exprEnd(e.X)
	case *syntax.IndexExpr, *syntax.SliceExpr, *syntax.TupleExpr: // a tuple that ends a lambda is in parentheses
		end.Col++
	}
	return end
}

func (u *unit) offset(pos syntax.Position) int {
	if u.starts == nil {
		u.starts = lineStarts(u.text)
	}
	n, skip := int(pos.Line-u.line), pos.Col-1
	if n == 0 {
		skip = pos.Col - u.col
	}
	at := u.starts[n]
	for range skip {
		_, size := utf8.DecodeRuneInString(u.text[at:])
		at += size
	}
	return at
}

func lineStarts(text string) []int {
	starts := []int{0}
	for i := 0; ; {
		n := strings.IndexByte(text[i:], '\n')
		if n < 0 {
			return starts
		}
		i += n + 1
		starts = append(starts, i)
	}
}

// globalPlace is where the top level first bound a name.
func (u *unit) globalPlace(name string) (syntax.Position, bool) {
	m, ok := u.file.Module.(*resolve.Module)
	if !ok {
		return syntax.Position{}, false
	}
	i := slices.IndexFunc(m.Globals, func(b *resolve.Binding) bool { return b.First.Name == name })
	if i < 0 {
		return syntax.Position{}, false
	}
	return m.Globals[i].First.NamePos, true
}

// callsAtTop reports whether the top level calls the function of that name or
// hands it to mitogen.main.
func (u *unit) callsAtTop(name string) bool {
	found := false
	syntax.Walk(u.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DefStmt, *syntax.LambdaExpr:
			return false
		case *syntax.CallExpr:
			found = found || isName(n.Fn, name) || isMitogenMain(n.Fn) && len(n.Args) > 0 && isName(argument(n.Args[0]), name)
		}
		return !found
	})
	return found
}

// untouched returns the def of that name that the top level has, if it does nothing
// else with the name.
func (u *unit) untouched(name string) *syntax.DefStmt {
	var def *syntax.DefStmt
	mentions := 0
	for _, stmt := range u.file.Stmts {
		if d, ok := stmt.(*syntax.DefStmt); ok && d.Name.Name == name {
			def = d
			mentions++
			continue
		}
		syntax.Walk(stmt, func(n syntax.Node) bool {
			if id, ok := n.(*syntax.Ident); ok && id.Name == name {
				mentions++
			}
			d, inner := n.(*syntax.DefStmt)
			return !inner || d.Name.Name == name
		})
	}
	if mentions != 1 {
		return nil
	}
	return def
}

// paramNames are the names of a function's positional parameters.
func paramNames(def *syntax.DefStmt) []string {
	var names []string
	for _, p := range def.Params {
		if b, ok := p.(*syntax.BinaryExpr); ok {
			p = b.X
		}
		id, ok := p.(*syntax.Ident)
		if !ok {
			break // *args, and what follows it
		}
		names = append(names, id.Name)
	}
	return names
}

// argument is the value of an argument, given by keyword or not.
func argument(e syntax.Expr) syntax.Expr {
	if kw, ok := e.(*syntax.BinaryExpr); ok && kw.Op == syntax.EQ {
		return kw.Y
	}
	return e
}

func isName(e syntax.Expr, name string) bool {
	id, ok := e.(*syntax.Ident)
	return ok && id.Name == name
}

func isMitogenMain(e syntax.Expr) bool {
	dot, ok := e.(*syntax.DotExpr)
	return ok && dot.Name.Name == "main" && isName(dot.X, "mitogen")
}
