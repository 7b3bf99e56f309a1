package starlark

import (
	"context"
	"errors"
	"strings"

	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
)

var _ interp.Explorer = (*Interp)(nil)

// errMoreLines ends the parser's wish for lines that are not there yet.
var errMoreLines = errors.New("more lines")

// Unfinished reports whether the parser asks for more lines than text has. A
// compound statement ends with an empty line.
func (in *Interp) Unfinished(text string) bool {
	lines := strings.SplitAfter(cleanText([]byte(text)), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	asked := false
	next := func() ([]byte, error) {
		if len(lines) == 0 {
			asked = true
			return nil, errMoreLines
		}
		line := lines[0]
		lines = lines[1:]
		if !strings.HasSuffix(line, "\n") {
			line += "\n"
		}
		return []byte(line), nil
	}
	for !asked && len(lines) > 0 {
		if strings.TrimSpace(lines[0]) == "" || strings.HasPrefix(strings.TrimSpace(lines[0]), "#") {
			lines = lines[1:]
			continue
		}
		if _, err := fileOptions().ParseCompoundStmt("<piece>", next); err != nil && !asked {
			return false // it is wrong, more lines do not mend it
		}
	}
	return asked
}

// Look follows the path from the names that Eval's pieces see.
func (in *Interp) Look(ctx context.Context, path []string) (interp.Symbol, bool) {
	if len(path) == 0 {
		return interp.Symbol{Members: in.globalNames(ctx)}, true
	}
	v := in.names[path[0]]
	if v == nil {
		v = in.predeclared(ctx)[path[0]]
	}
	if v == nil {
		v = star.Universe[path[0]]
	}
	if v == nil {
		return interp.Symbol{}, false
	}
	sym := in.symbol(v)
	for _, name := range path[1:] {
		has, ok := v.(star.HasAttrs)
		if !ok {
			return interp.Symbol{}, false
		}
		next, err := has.Attr(name)
		if err != nil || next == nil {
			return interp.Symbol{}, false
		}
		sym = in.symbol(next)
		if o, ok := v.(goObject); ok {
			if attr, ok := o.object().Attr(name); ok {
				sym.Func, _ = attr.(*interp.Func)
			}
		}
		v = next
	}
	return sym, true
}

func (in *Interp) globalNames(ctx context.Context) []string {
	names := sortedKeys(in.predeclared(ctx))
	for name := range in.names {
		if _, ok := in.env.dict[name]; !ok {
			names = append(names, name)
		}
	}
	return append(names, sortedKeys(star.Universe)...)
}

func (in *Interp) symbol(v star.Value) interp.Symbol {
	s := interp.Symbol{TypeName: v.Type()}
	if has, ok := v.(star.HasAttrs); ok {
		s.Members = has.AttrNames()
	}
	switch v := v.(type) {
	case *star.Function:
		for i := range v.NumParams() {
			name, _ := v.Param(i)
			s.Params = append(s.Params, name)
		}
		s.Doc = v.Doc()
		s.File, s.Line = v.Position().Filename(), int(v.Position().Line)
	case *star.Builtin:
		s.Func = in.env.funcOf[v]
	case *moduleValue:
		s.Module = v.mod
		if v.mod.Call != nil {
			s.Func = v.mod.Call
		}
	}
	return s
}
