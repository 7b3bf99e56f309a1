package lua

import (
	"context"
	"errors"
	"strings"

	glua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"github.com/mitoscript/mitoscript/interp"
)

var _ interp.Explorer = (*Interp)(nil)

// Unfinished reports whether the parser met the end of text, read as an expression
// or as a piece of code, and neither is whole.
func (in *Interp) Unfinished(text string) bool {
	whole, expression := ending("return " + text)
	if whole {
		return false
	}
	whole, code := ending(text)
	return !whole && (expression || code)
}

// ending reports whether text is whole, and whether it only ends too early.
func ending(text string) (whole, early bool) {
	_, err := parse.Parse(strings.NewReader(text), "")
	var pe *parse.Error
	early = errors.As(err, &pe) && (pe.Pos.Line == parse.EOF || strings.HasPrefix(pe.Message, "unterminated multiline"))
	return err == nil, early
}

// Look follows the path from the globals.
func (in *Interp) Look(ctx context.Context, path []string) (interp.Symbol, bool) {
	in.resolveLazy(ctx)
	var v glua.LValue = in.root.G.Global
	sym := in.symbol(v)
	for _, name := range path {
		var ok bool
		if v, sym, ok = in.member(v, name); !ok {
			return interp.Symbol{}, false
		}
	}
	return sym, true
}

// member is v's member of that name, found without running script code.
func (in *Interp) member(v glua.LValue, name string) (glua.LValue, interp.Symbol, bool) {
	switch v := v.(type) {
	case *glua.LTable:
		next := v.RawGetString(name)
		if next == glua.LNil {
			break
		}
		return next, in.symbol(next), true
	case glua.LString:
		if lib, ok := in.root.G.Global.RawGetString("string").(*glua.LTable); ok {
			return in.member(lib, name)
		}
	case *glua.LUserData:
		o, ok := v.Value.(interp.Object)
		if !ok {
			break
		}
		attr, ok := o.Attr(goName(name))
		if !ok {
			break
		}
		if f, ok := attr.(*interp.Func); ok {
			return glua.LNil, interp.Symbol{TypeName: "function", Func: f}, true
		}
		next := in.toLua(attr)
		return next, in.symbol(next), true
	}
	return nil, interp.Symbol{}, false
}

func (in *Interp) symbol(v glua.LValue) interp.Symbol {
	s := interp.Symbol{TypeName: v.Type().String()}
	switch v := v.(type) {
	case *glua.LTable:
		s.Module = in.names.moduleOf[v]
		if s.Module != nil {
			s.TypeName, s.Func = "module", s.Module.Call
		}
		s.Members = textKeys(v)
	case glua.LString:
		if lib, ok := in.root.G.Global.RawGetString("string").(*glua.LTable); ok {
			s.Members = in.symbol(lib).Members
		}
	case *glua.LUserData:
		if o, ok := v.Value.(interp.Object); ok {
			s.TypeName = o.TypeName()
			for _, name := range o.AttrNames() {
				s.Members = append(s.Members, luaName(name))
			}
		}
	case *glua.LFunction:
		in.describe(v, &s)
	}
	return s
}

func (in *Interp) describe(fn *glua.LFunction, s *interp.Symbol) {
	if b := bindingOf(fn); b != nil {
		s.Func = b.fn
		return
	}
	if fn.IsG || fn.Proto == nil {
		return
	}
	for i := range int(fn.Proto.NumParameters) {
		s.Params = append(s.Params, fn.Proto.DbgLocals[i].Name)
	}
	s.File, s.Line = fn.Proto.SourceName, fn.Proto.LineDefined
}
