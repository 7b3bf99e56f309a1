package format

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/syntax"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/starlark"
)

// Source returns the script laid out. One that does not parse is an error of package
// syntax.
func Source(src interp.Source) ([]byte, error) {
	before, err := starlark.Parse(src)
	if err != nil {
		return nil, err
	}
	clean := starlark.Text(src)
	if strings.Contains(clean, "\x00") { // the parser takes it for the end
		return nil, fmt.Errorf("%s: the script has a null character", src.Path)
	}
	toks := scan(clean)
	var p printer
	out := p.all(lines(toks))
	after, err := starlark.Parse(interp.Source{Path: src.Path, Text: []byte(out)})
	if err != nil || meaning(after) != meaning(before) || !slices.Equal(comments(scan(out)), comments(toks)) {
		return nil, fmt.Errorf("%s: the script would not stay the same; please report it, with the script", src.Path)
	}
	return []byte(out), nil
}

// meaning is a text of the syntax tree without its positions.
func meaning(f *syntax.File) string {
	var b strings.Builder
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n := n.(type) {
		case nil:
			b.WriteString(")")
			return true
		case *syntax.Ident:
			fmt.Fprintf(&b, "(%s", n.Name)
		case *syntax.Literal:
			fmt.Fprintf(&b, "(%v %#v", n.Token, n.Value)
		case *syntax.BinaryExpr:
			fmt.Fprintf(&b, "(%v", n.Op)
		case *syntax.UnaryExpr:
			fmt.Fprintf(&b, "(unary %v", n.Op)
		case *syntax.AssignStmt:
			fmt.Fprintf(&b, "(assign %v", n.Op)
		case *syntax.BranchStmt:
			fmt.Fprintf(&b, "(%v", n.Token)
		case *syntax.IfStmt:
			fmt.Fprintf(&b, "(if %d %d", len(n.True), len(n.False))
		case *syntax.SliceExpr:
			fmt.Fprintf(&b, "(slice %t %t %t", n.Lo != nil, n.Hi != nil, n.Step != nil)
		default:
			fmt.Fprintf(&b, "(%T", n)
		}
		return true
	})
	return b.String()
}

func comments(toks []token) []string {
	var all []string
	for _, t := range toks {
		if t.kind == comment {
			all = append(all, strings.TrimRight(t.text, " \t"))
		}
	}
	return all
}
