package starlark

import (
	"strconv"

	star "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// lambdaName is what a grafted lambda is assigned to.
const lambdaName = "$lambda"

// graft is a compiled slice. Run with an environment it defines one function.
type graft struct {
	prog *star.Program
	// result is the name of the function.
	result string
	// host are the names of this process's environment that it uses.
	host []string
}

// graftOf compiles a slice, once.
func (in *Interp) graftOf(src *ship.Source) (*graft, error) {
	hash := src.Hash()
	if g, ok := in.grafts.get(hash); ok {
		return g, nil
	}
	g, err := in.compileGraft(src)
	if err != nil {
		return nil, err
	}
	in.grafts.set(hash, g)
	return g, nil
}

func (in *Interp) compileGraft(src *ship.Source) (*graft, error) {
	file, err := parseSlice(src)
	if err != nil {
		return nil, syntaxError(src.Path, err)
	}
	g := &graft{}
	if g.result = plant(file, src.Form == formRenamed); g.result == "" {
		return nil, value.Errorf(value.KindError, "%s:%d: a function was expected", src.Path, src.Line)
	}
	given := map[string]bool{}
	for _, names := range [][]string{src.Names, src.Cells} {
		for _, name := range names {
			given[name] = true
		}
	}
	for i := range src.Params {
		given[defaultName(i)] = true
	}
	g.prog, err = star.FileProgram(file, func(name string) bool {
		if given[name] {
			return true
		}
		if _, ok := in.env.dict[name]; !ok {
			return false
		}
		g.host = append(g.host, name)
		return true
	})
	if err != nil {
		return nil, syntaxError(src.Path, err)
	}
	in.units.set(g.prog, &unit{
		path: src.Path, text: src.Text, line: int32(src.Line), col: int32(src.Col), file: file, late: true,
	})
	return g, nil
}

// parseSlice parses a slice at its old place. The parentheses around a lambda let
// it go over several lines.
func parseSlice(src *ship.Source) (*syntax.File, error) {
	text, col := src.Text, src.Col
	if src.Form == formLambda {
		text, col = "("+text+")", col-1
	}
	return fileOptions().Parse(src.Path, syntax.FilePortion{
		Content: []byte(text), FirstLine: int32(src.Line), FirstCol: int32(col),
	}, 0)
}

// plant makes a parsed slice ready for compiling: defaults become names, the
// function gets a name that does not hide another. The result is that name, ""
// if the slice is no function.
func plant(file *syntax.File, rename bool) string {
	if len(file.Stmts) != 1 {
		return ""
	}
	switch stmt := file.Stmts[0].(type) {
	case *syntax.DefStmt:
		nameDefaults(stmt.Params)
		if rename {
			stmt.Name.Name = renamePrefix + stmt.Name.Name
		}
		return stmt.Name.Name
	case *syntax.ExprStmt:
		paren, ok := stmt.X.(*syntax.ParenExpr)
		if !ok {
			return ""
		}
		lambda, ok := paren.X.(*syntax.LambdaExpr)
		if !ok {
			return ""
		}
		nameDefaults(lambda.Params)
		file.Stmts[0] = &syntax.AssignStmt{
			OpPos: lambda.Lambda, Op: syntax.EQ,
			LHS: &syntax.Ident{NamePos: lambda.Lambda, Name: lambdaName}, RHS: lambda,
		}
		return lambdaName
	}
	return ""
}

// nameDefaults replaces the expressions of defaults, whose values are known.
func nameDefaults(params []syntax.Expr) {
	i := 0
	for _, p := range params {
		if star, ok := p.(*syntax.UnaryExpr); ok && (star.Op == syntax.STAR || star.Op == syntax.STARSTAR) {
			continue
		}
		if kw, ok := p.(*syntax.BinaryExpr); ok {
			pos, _ := kw.Y.Span()
			kw.Y = &syntax.Ident{NamePos: pos, Name: defaultName(i)}
		}
		i++
	}
}

func defaultName(i int) string { return "$default" + strconv.Itoa(i) }
