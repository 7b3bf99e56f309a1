package lua

import (
	"context"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// builtins are the functions and tables that every context has, by dotted name.
type builtins struct {
	values   map[string]glua.LValue
	nameOf   map[glua.LValue]string
	moduleOf map[*glua.LTable]*interp.Module
	tostring glua.LValue
}

func newBuiltins() *builtins {
	return &builtins{map[string]glua.LValue{}, map[glua.LValue]string{}, map[*glua.LTable]*interp.Module{}, nil}
}

func (b *builtins) add(name string, v glua.LValue) {
	b.values[name] = v
	if _, named := b.nameOf[v]; !named {
		b.nameOf[v] = name
	}
}

// stateName is the dotted name of mitogen.state: one table for the whole life of
// the process. It is the language's own, since what scripts keep in it stays as it is.
const stateName = "mitogen.state"

// stateHandle stands for mitogen.state where values are handed on: it travels
// only where a function refers to it.
type stateHandle struct{}

// TypeName names it in refusals.
func (stateHandle) TypeName() string { return stateName }

// Attr finds nothing: scripts see the table.
func (stateHandle) Attr(string) (value.Value, bool) { return nil, false }

// AttrNames is empty.
func (stateHandle) AttrNames() []string { return nil }

// lazyGlobal is a predeclared value that its module computes.
type lazyGlobal struct {
	module *interp.Module
	name   string
}

// declareModules makes the Host's modules global.
func (in *Interp) declareModules() {
	globals := in.root.G.Global
	for _, m := range in.host.Modules {
		if m.Only != "" && m.Only != in.Name() {
			continue
		}
		if m.Global {
			in.declareGlobals(m)
			continue
		}
		t, exists := globals.RawGetString(m.Name).(*glua.LTable)
		if !exists || !m.Merge {
			t = in.root.NewTable()
		}
		in.fill(t, m, m.Name)
		globals.RawSetString(luaName(m.Name), t)
	}
}

func (in *Interp) declareGlobals(m *interp.Module) {
	globals := in.root.G.Global
	declare := func(f *interp.Func) {
		fn := in.function(f)
		in.names.add(f.Name, fn)
		globals.RawSetString(luaName(f.Name), fn)
	}
	if m.Call != nil {
		declare(m.Call)
	}
	for _, f := range m.Funcs {
		declare(f)
	}
	for _, name := range m.AttrNames {
		in.lazy = append(in.lazy, lazyGlobal{m, name})
	}
}

// resolveLazy declares the predeclared values that exist by now (router does
// when the script starts, not when the language is made).
func (in *Interp) resolveLazy(ctx context.Context) {
	if len(in.lazy) == 0 {
		return
	}
	waiting := in.lazy[:0]
	for _, g := range in.lazy {
		v, ok := g.module.Attr(ctx, g.name)
		if !ok || v == nil {
			waiting = append(waiting, g)
			continue
		}
		lv := in.toLua(v)
		in.names.add(g.name, lv)
		in.root.G.Global.RawSetString(luaName(g.name), lv)
	}
	in.lazy = waiting
}

// fill puts a module's functions, values and inner modules into t.
func (in *Interp) fill(t *glua.LTable, m *interp.Module, path string) {
	in.names.add(path, t)
	in.names.moduleOf[t] = m
	for _, f := range m.Funcs {
		// It takes the place of Lua's own of this name.
		fn := in.bound(&binding{fn: f}, func(L *glua.LState) int { return in.invoke(L, f, nil, 1) })
		in.names.add(path+"."+f.Name, fn)
		t.RawSetString(luaName(f.Name), fn)
		t.RawSetString(f.Name, fn) // testing["true"], as router["local"]
	}
	for _, sub := range m.Modules {
		inner, ok := t.RawGetString(sub.Name).(*glua.LTable)
		if !ok {
			inner = in.root.NewTable()
		}
		in.fill(inner, sub, path+"."+sub.Name)
		t.RawSetString(luaName(sub.Name), inner)
	}
	if m.Call == nil && m.Attr == nil {
		return
	}
	mt := in.root.NewTable()
	if m.Call != nil {
		mt.RawSetString("__call", in.root.NewFunction(func(L *glua.LState) int { return in.invoke(L, m.Call, nil, 2) }))
	}
	if m.Attr != nil {
		mt.RawSetString("__index", in.root.NewFunction(func(L *glua.LState) int { return in.moduleAttr(L, m) }))
	}
	t.Metatable = mt
}

func (in *Interp) moduleAttr(L *glua.LState, m *interp.Module) int {
	v, ok := m.Attr(in.threadOf(L).ctx, goName(L.CheckString(2)))
	if !ok {
		L.Push(glua.LNil)
		return 1
	}
	return in.push(L, v, false)
}

// moduleTable is the table of a predeclared module.
func (in *Interp) moduleTable(m *interp.Module) glua.LValue {
	for t, other := range in.names.moduleOf {
		if other == m {
			return t
		}
	}
	return glua.LNil
}

// declareMitogen adds what makes Lua values explicit, and mitogen.state.
func (in *Interp) declareMitogen() {
	globals := in.root.G.Global
	t, ok := globals.RawGetString("mitogen").(*glua.LTable)
	if !ok {
		t = in.root.NewTable()
		globals.RawSetString("mitogen", t)
		in.names.add("mitogen", t)
	}
	add := func(name string, v glua.LValue) {
		in.names.add("mitogen."+name, v)
		t.RawSetString(name, v)
	}
	add("list", in.root.NewFunction(in.marker(in.marks.list)))
	add("dict", in.root.NewFunction(in.marker(in.marks.dict)))
	add("kwargs", in.root.NewFunction(in.marker(in.marks.kwargs)))
	add("null", in.types.null)
	add("state", in.root.NewTable())
	in.declareConstructor("Blob", func(v value.Value) (value.Value, error) {
		switch v := v.(type) {
		case string:
			return value.Blob(v), nil
		case value.Bytes:
			return value.Blob(v), nil
		case value.Blob:
			return v, nil
		}
		return nil, value.Errorf(value.KindError, "a Blob holds text or bytes, not %s", value.TypeName(v))
	})
	in.declareConstructor("Secret", func(v value.Value) (value.Value, error) {
		s, err := value.NewSecret(v)
		return s, err
	})
}

// marker sets the mark mt on a table.
func (in *Interp) marker(mt *glua.LTable) glua.LGFunction {
	return func(L *glua.LState) int {
		t := L.OptTable(1, nil)
		if t == nil {
			t = L.NewTable()
		}
		if in.marks.of(t) == markForeign {
			in.throw(L, value.Errorf(value.KindError, "the table has a metatable of its own"))
		}
		t.Metatable = mt
		L.Push(t)
		return 1
	}
}

// declareConstructor makes a global function of one value, unless the Host has it.
func (in *Interp) declareConstructor(name string, make func(v value.Value) (value.Value, error)) {
	globals := in.root.G.Global
	if globals.RawGetString(name) != glua.LNil {
		return
	}
	fn := in.goFunc(func(_ context.Context, L *glua.LState) (int, error) {
		v, err := in.fromLua(L.Get(1), name)
		if err == nil {
			v, err = make(v)
		}
		if err != nil {
			return 0, err
		}
		L.Push(in.toLua(v))
		return 1, nil
	})
	in.names.add(name, fn)
	globals.RawSetString(name, fn)
}
