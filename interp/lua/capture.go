package lua

import (
	"fmt"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Port returns the form in which the function travels: by name for Lua's own, by
// reference for a library module's, else its slice with all that it refers to.
func (f *Function) Port() (value.Value, error) {
	in := f.in
	if name, ok := in.names.nameOf[f.fn]; ok {
		return in.builtinForm(name, f.fn), nil
	}
	if form := in.ported.get(in, f.fn); form != nil {
		return form, nil
	}
	name := f.FuncName()
	c := &capture{in: in, refs: map[any]ship.Ref{}, path: []string{name},
		graph: &ship.Graph{Lang: in.Name(), Name: name}}
	root, err := c.function(f.fn)
	if err != nil {
		return nil, err
	}
	c.graph.Root = root
	form, err := ship.Encode(c.graph)
	if err != nil {
		return nil, err
	}
	if !c.volatile {
		in.ported.put(f.fn, &ported{form, c.deps})
	}
	return form, nil
}

// builtinForm is how a predeclared function travels: a Func of the Host to any
// language, one of Lua's own to Lua.
func (in *Interp) builtinForm(name string, fn *glua.LFunction) *value.Func {
	f := &value.Func{Lang: in.Name(), Name: name, Builtin: name}
	if b := bindingOf(fn); b != nil && b.fn != nil {
		f.Lang = ""
	}
	return f
}

// capture makes the graph of one function.
type capture struct {
	in    *Interp
	graph *ship.Graph
	refs  map[any]ship.Ref
	path  []string // the way from the function to what is looked at
	place string   // where the variable that holds it is defined, else the function that refers to it
	depth int

	deps     []dep
	volatile bool // refers to something that can change in place
}

// lookup reads a variable of an environment without running any code.
func lookup(env *glua.LTable, name string) glua.LValue {
	for range glua.MaxTableGetLoop {
		if v := env.RawGetString(name); v != glua.LNil {
			return v
		}
		mt, ok := env.Metatable.(*glua.LTable)
		if !ok {
			break
		}
		if env, ok = mt.RawGetString("__index").(*glua.LTable); !ok {
			break
		}
	}
	return glua.LNil
}

func (c *capture) add(key any, n ship.Node) ship.Ref {
	ref := ship.Ref(len(c.graph.Nodes))
	c.graph.Nodes = append(c.graph.Nodes, n)
	if key != nil {
		c.refs[key] = ref
	}
	return ref
}

func (c *capture) refuse(what string) error { return c.fault("cannot send " + what) }

// fault is an Error that says where what was found is.
func (c *capture) fault(text string) error {
	place := ""
	if c.place != "" {
		place = " (" + c.place + ")"
	}
	return value.Errorf(value.KindError, "%s: %s%s", strings.Join(c.path, ""), text, place)
}

// step looks at something under a further step of the path.
func (c *capture) step(step string, look func() (ship.Ref, error)) (ship.Ref, error) {
	c.path = append(c.path, step)
	ref, err := look()
	c.path = c.path[:len(c.path)-1]
	return ref, err
}

// value adds v; nil is None.
func (c *capture) value(v glua.LValue) (ship.Ref, error) {
	if v == glua.LNil {
		return ship.None, nil
	}
	if ref, ok := c.refs[v]; ok {
		return ref, nil
	}
	if name, ok := c.in.names.nameOf[v]; ok {
		return c.named(v, name)
	}
	switch v := v.(type) {
	case glua.LString:
		return c.add(v, &ship.Data{Value: string(v)}), nil
	case glua.LBool, glua.LNumber:
		gv, _ := c.in.scalar(v)
		return c.add(v, &ship.Data{Value: gv}), nil
	case *glua.LTable:
		return c.table(v)
	case *glua.LFunction:
		return c.function(v)
	case *glua.LUserData:
		return c.userdata(v)
	}
	return ship.None, c.refuse("a " + v.Type().String())
}

func (c *capture) userdata(ud *glua.LUserData) (ship.Ref, error) {
	if p, ok := ud.Value.(value.Porter); ok {
		c.volatile = true // it may travel to some and not to others
		v, err := p.Port()
		if err != nil {
			return ship.None, c.fault(value.AsError(err).Message)
		}
		return c.add(ud, &ship.Data{Value: v}), nil
	}
	if o, ok := ud.Value.(interp.Object); ok {
		return ship.None, c.refuse("a " + o.TypeName())
	}
	v, bad := c.in.goUserdata(ud)
	if bad != nil {
		return ship.None, c.refuse("a userdata")
	}
	return c.add(ud, &ship.Data{Value: v}), nil
}

func (c *capture) function(fn *glua.LFunction) (ship.Ref, error) {
	if ref, ok := c.refs[fn]; ok {
		return ref, nil
	}
	if fn.IsG {
		return c.goFunction(fn)
	}
	o := c.in.protos.of(fn.Proto)
	if o == nil {
		return ship.None, c.refuse("a function whose source is not known")
	}
	if m := o.chunk.module; m != nil {
		if name := m.nameOf(fn, o); name != "" {
			marks := c.in.flags.get(fn)
			c.deps = append(c.deps, dep{fn: fn, marks: marks})
			return c.add(fn, &ship.ModuleRef{Module: m.shipped(nil), Name: name, Marks: uint8(marks)}), nil
		}
	}
	src, err := c.in.source(fn.Proto, o)
	if err != nil {
		return ship.None, c.refuse(err.Error())
	}
	marks := c.in.flags.get(fn)
	n := &ship.Func{Source: src, Marks: uint8(marks)}
	ref := c.add(fn, n)
	c.deps = append(c.deps, dep{fn: fn, marks: marks})
	defer func(place string) { c.place = place }(c.place)
	c.place = fmt.Sprintf("%s:%d", src.Path, fn.Proto.LineDefined)
	if n.Names, err = c.globals(fn, src.Names); err != nil {
		return ship.None, err
	}
	n.Cells, err = c.cells(fn, src.Cells)
	return ref, err
}

func (c *capture) goFunction(fn *glua.LFunction) (ship.Ref, error) {
	b := bindingOf(fn)
	switch {
	case b == nil:
		return ship.None, c.refuse("a builtin function without a name")
	case b.foreign != nil:
		c.volatile = true
		v, err := b.foreign.Port()
		if err != nil {
			return ship.None, c.refuse(err.Error())
		}
		if f, ok := v.(*value.Func); ok {
			return c.add(fn, &ship.Foreign{Func: f}), nil
		}
	case b.what != "":
		return ship.None, c.refuse(b.what)
	}
	return ship.None, c.refuse("a builtin function without a name")
}

// globals adds the global variables of fn. Those that every context has under
// the same name are left out.
func (c *capture) globals(fn *glua.LFunction, names []string) ([]ship.Ref, error) {
	refs := make([]ship.Ref, len(names))
	for i, name := range names {
		v := lookup(fn.Env, name)
		c.deps = append(c.deps, dep{env: fn.Env, name: name, val: v})
		if std, ok := c.in.names.nameOf[v]; ok && luaName(std) == name && std != "_G" {
			if t, ok := v.(*glua.LTable); !ok || len(c.in.names.added(t, std)) == 0 {
				refs[i] = ship.None
				continue
			}
		}
		ref, err := c.variable(fn, name, true, v)
		if err != nil {
			return nil, err
		}
		refs[i] = ref
	}
	return refs, nil
}

// variable adds the value of a variable; what is refused in it is reported with
// the line that defines the variable, if that is known.
func (c *capture) variable(fn *glua.LFunction, name string, global bool, v glua.LValue) (ship.Ref, error) {
	defer func(place string) { c.place = place }(c.place)
	if o := c.in.protos.of(fn.Proto); o != nil {
		if line := o.chunk.definition(name, global, fn.Proto.LineDefined); line > 0 {
			c.place = fmt.Sprintf("%s:%d", o.chunk.path, line)
		}
	}
	return c.step(" → "+name, func() (ship.Ref, error) { return c.value(v) })
}

// cells adds the captured variables of fn; functions that share one share the node.
func (c *capture) cells(fn *glua.LFunction, names []string) ([]ship.Ref, error) {
	refs := make([]ship.Ref, len(names))
	for i, uv := range fn.Upvalues {
		if ref, ok := c.refs[uv]; ok {
			refs[i] = ref
			continue
		}
		n := &ship.Cell{}
		refs[i] = c.add(uv, n)
		v := uv.Value()
		c.deps = append(c.deps, dep{cell: uv, val: v})
		ref, err := c.variable(fn, names[i], false, v)
		if err != nil {
			return nil, err
		}
		n.Value = ref
	}
	return refs, nil
}
