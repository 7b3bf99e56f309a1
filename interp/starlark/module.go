package starlark

import (
	"context"
	"fmt"
	"slices"

	starjson "go.starlark.net/lib/json"
	starmath "go.starlark.net/lib/math"
	startime "go.starlark.net/lib/time"
	star "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// environment is what is predeclared, with the dotted names by which it travels.
type environment struct {
	dict star.StringDict
	// byName has every builtin and module by its dotted name.
	byName map[string]star.Value
	// nameOf is the way back for builtins.
	nameOf map[*star.Builtin]string
	// funcOf is the Go function of a builtin, if it is one of the Host's.
	funcOf map[*star.Builtin]*interp.Func
	// objects are the predeclared objects (router), by identity.
	objects map[interp.Object]string
	// open are modules with global attributes that had no value so far.
	open []*interp.Module
}

// build makes the environment of the language's own names and the Host's modules.
func (e *environment) build(in *Interp) {
	*e = environment{
		dict:    star.StringDict{},
		byName:  map[string]star.Value{},
		nameOf:  map[*star.Builtin]string{},
		funcOf:  map[*star.Builtin]*interp.Func{},
		objects: map[interp.Object]string{},
	}
	for name, v := range star.Universe {
		e.record(name, v)
	}
	for name, fn := range map[string]func(*star.Thread, *star.Builtin, star.Tuple, []star.Tuple) (star.Value, error){
		"attempt": in.attempt, "struct": makeStruct, "fail": failBuiltin,
	} {
		e.dict[name] = star.NewBuiltin(name, fn)
		e.record(name, e.dict[name])
	}
	for _, m := range in.host.Modules {
		if m.Only != "" && m.Only != langName {
			continue
		}
		if m.Global || m.Name == "" {
			e.addGlobals(in, m)
			continue
		}
		e.dict[m.Name] = e.module(in, m, "")
	}
}

func (e *environment) record(name string, v star.Value) {
	e.byName[name] = v
	if b, ok := v.(*star.Builtin); ok {
		e.nameOf[b] = name
	}
}

func (e *environment) function(in *Interp, f *interp.Func) *star.Builtin {
	b := in.bind(f)
	e.funcOf[b] = f
	name := f.Qualified()
	if name == "" {
		name = f.Name
	}
	e.record(name, b)
	return b
}

func (e *environment) addGlobals(in *Interp, m *interp.Module) {
	for _, f := range m.Funcs {
		e.dict[f.Name] = e.function(in, f)
	}
	if m.Call != nil {
		e.dict[m.Call.Name] = e.function(in, m.Call)
	}
	for _, sub := range m.Modules {
		e.dict[sub.Name] = e.module(in, sub, "")
	}
	if len(m.AttrNames) > 0 {
		e.open = append(e.open, m)
	}
}

// complete gives global attributes their values, once there are any.
func (e *environment) complete(ctx context.Context, in *Interp) {
	e.open = slices.DeleteFunc(e.open, func(m *interp.Module) bool {
		missing := false
		for _, name := range m.AttrNames {
			if e.dict[name] != nil {
				continue
			}
			v, ok := m.Attr(ctx, name)
			if !ok {
				missing = true
				continue
			}
			e.addValue(in, name, v)
		}
		return !missing
	})
}

func (e *environment) addValue(in *Interp, name string, v value.Value) {
	sv, err := in.toStarlark(v)
	if err != nil {
		return
	}
	e.dict[name] = sv
	e.record(name, sv)
	if o, ok := v.(interp.Object); ok {
		e.objects[o] = name
	}
}

// module makes the value of m and of all that is in it.
func (e *environment) module(in *Interp, m *interp.Module, prefix string) star.Value {
	mv := &moduleValue{in: in, mod: m, name: prefix + m.Name, members: star.StringDict{}}
	if m.Merge && prefix == "" {
		for name, v := range ownMembers(m.Name) {
			mv.members[name] = v
			e.record(m.Name+"."+name, v)
		}
	}
	for _, f := range m.Funcs {
		mv.members[f.Name] = e.function(in, f)
	}
	for _, sub := range m.Modules {
		mv.members[sub.Name] = e.module(in, sub, mv.name+".")
	}
	if mv.name == "mitogen" {
		mv.members["state"] = newState()
		e.record(stateName, mv.members["state"])
	}
	var v star.Value = mv
	if m.Call != nil {
		v = &callableModule{moduleValue: mv, call: e.function(in, m.Call)}
	} else if b, ok := star.Universe[m.Name].(*star.Builtin); ok {
		v = &callableModule{moduleValue: mv, call: b}
	}
	e.byName[mv.name] = v
	return v
}

// ownMembers are those of the language's own module of that name.
func ownMembers(name string) star.StringDict {
	for _, m := range []*starlarkstruct.Module{starjson.Module, starmath.Module, startime.Module} {
		if m.Name == name {
			return m.Members
		}
	}
	return nil
}

// moduleValue is a module of the Host.
type moduleValue struct {
	in      *Interp
	mod     *interp.Module
	name    string // dotted
	members star.StringDict
}

func (m *moduleValue) String() string        { return fmt.Sprintf("<module %s>", m.name) }
func (m *moduleValue) Type() string          { return "module" }
func (m *moduleValue) Freeze()               {}
func (m *moduleValue) Truth() star.Bool      { return true }
func (m *moduleValue) Hash() (uint32, error) { return star.String(m.name).Hash() }

func (m *moduleValue) Attr(name string) (star.Value, error) {
	if v, ok := m.members[name]; ok {
		return v, nil
	}
	if m.mod.Attr == nil {
		return nil, nil
	}
	v, ok := m.mod.Attr(m.in.currentContext(), name)
	if !ok {
		return nil, nil
	}
	return m.in.toStarlark(v)
}

func (m *moduleValue) AttrNames() []string {
	names := append(sortedKeys(m.members), m.mod.AttrNames...)
	slices.Sort(names)
	return slices.Compact(names)
}

// moduleOf returns the module behind v.
func moduleOf(v star.Value) (*moduleValue, bool) {
	switch v := v.(type) {
	case *moduleValue:
		return v, true
	case *callableModule:
		return v.moduleValue, true
	}
	return nil, false
}

// callableModule is a module that is a function as well: Select(…), hash(…).
type callableModule struct {
	*moduleValue
	call *star.Builtin
}

func (m *callableModule) Name() string { return m.mod.Name }

func (m *callableModule) CallInternal(t *star.Thread, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
	return m.call.CallInternal(t, args, kwargs)
}

// currentContext is the context of the code that is running.
func (in *Interp) currentContext() context.Context {
	if in.current != nil && in.current.ctx != nil {
		return in.current.ctx
	}
	return context.Background()
}
