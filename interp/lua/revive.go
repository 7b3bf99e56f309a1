package lua

import (
	"context"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

const maxGraphs = 256

// graphCache keeps decoded graphs: a function that did not change comes with the
// same root every time.
type graphCache struct{ m map[value.Hash]*ship.Graph }

// Revive makes a function of a shipped one, with an environment of its own. It
// lets go of the script lock while it waits for chunks.
func (in *Interp) Revive(ctx context.Context, f *value.Func, fetch interp.Fetch) (interp.Callable, error) {
	if f.Builtin != "" {
		fn, ok := in.names.values[f.Builtin].(*glua.LFunction)
		if !ok {
			return nil, value.Errorf(value.KindError, "there is no function %s here", f.Builtin)
		}
		return &Function{in, fn}, nil
	}
	current := in.root.G.CurrentThread
	defer func() { in.root.G.CurrentThread = current }()
	g, err := in.graph(ctx, f.Root, fetch)
	if err != nil {
		return nil, err
	}
	r := &reviver{in: in, ctx: ctx, fetch: fetch, graph: g, vals: make([]glua.LValue, len(g.Nodes))}
	if err := r.revive(); err != nil {
		return nil, err
	}
	fn, ok := r.vals[g.Root].(*glua.LFunction)
	if !ok {
		return nil, value.Errorf(value.KindError, "there is no function %s here", f.Name)
	}
	return &Function{in, fn}, nil
}

func (in *Interp) graph(ctx context.Context, root value.Hash, fetch interp.Fetch) (*ship.Graph, error) {
	if g := in.graphs.m[root]; g != nil {
		return g, nil
	}
	in.host.Lock.Unlock()
	g, err := ship.Decode(ctx, root, fetch)
	in.host.Lock.Lock()
	if err != nil {
		return nil, err
	}
	if in.graphs.m == nil || len(in.graphs.m) >= maxGraphs {
		in.graphs.m = map[value.Hash]*ship.Graph{}
	}
	in.graphs.m[root] = g
	return g, nil
}

// reviver makes the values of one graph: first all of them empty, then filled,
// so that circles close.
type reviver struct {
	in    *Interp
	ctx   context.Context
	fetch interp.Fetch
	graph *ship.Graph
	vals  []glua.LValue
	cells map[ship.Ref]*glua.Upvalue
	envs  []*environment
}

// environment is a global scope for the functions of a graph: what they set in
// it ends with them.
type environment struct {
	table *glua.LTable
	names map[string]ship.Ref
}

func (r *reviver) revive() error {
	r.newEnvironment()
	for i, n := range r.graph.Nodes {
		v, err := r.make(ship.Ref(i), n)
		if err != nil {
			return err
		}
		r.vals[i] = v
	}
	for i, n := range r.graph.Nodes {
		if err := r.fill(r.vals[i], ship.Ref(i), n); err != nil {
			return err
		}
	}
	for _, e := range r.envs {
		for name, ref := range e.names {
			e.table.RawSetString(name, r.vals[ref])
		}
	}
	return nil
}

func (r *reviver) newEnvironment() *environment {
	in := r.in
	e := &environment{in.root.NewTable(), map[string]ship.Ref{}}
	e.table.Metatable = in.envMeta
	r.envs = append(r.envs, e)
	return e
}

func (r *reviver) make(ref ship.Ref, n ship.Node) (glua.LValue, error) {
	in := r.in
	switch n := n.(type) {
	case *ship.Data:
		return in.inner(n.Value), nil
	case *ship.Func:
		p, err := in.sliceProto(n.Source)
		if err != nil {
			return nil, err
		}
		fn := in.root.NewFunctionFromProto(p)
		if m := interp.Marks(n.Marks); m != 0 {
			in.flags.add(fn, m)
		}
		return fn, nil
	case *ship.Cell:
		uv := &glua.Upvalue{}
		uv.Close()
		uv.SetValue(glua.LNil)
		if r.cells == nil {
			r.cells = map[ship.Ref]*glua.Upvalue{}
		}
		r.cells[ref] = uv
		return glua.LNil, nil
	case *ship.Seq, *ship.Map:
		return in.root.NewTable(), nil
	case *ship.Builtin:
		return r.builtin(n.Name)
	case *ship.ModuleRef:
		return r.module(n)
	case *ship.Foreign:
		c, err := in.host.Revive(r.ctx, n.Func, r.fetch)
		if err != nil {
			return nil, err
		}
		return in.toLua(c), nil
	}
	return nil, value.Errorf(value.KindValue, "function %s: a part of it is not of Lua", r.graph.Name)
}

func (r *reviver) builtin(name string) (glua.LValue, error) {
	if name == "_G" {
		return r.envs[0].table, nil
	}
	if k, ok := strings.CutPrefix(name, "mark."); ok {
		return r.in.markMeta(k), nil
	}
	r.in.resolveLazy(r.ctx)
	v, ok := r.in.names.values[name]
	if !ok {
		return nil, value.Errorf(value.KindError, "function %s: there is no %s here", r.graph.Name, name)
	}
	return v, nil
}

func (in *Interp) markMeta(number string) glua.LValue {
	k, _ := strconv.Atoi(number)
	switch mark(k) {
	case markList:
		return in.marks.list
	case markTuple:
		return in.marks.tuple
	case markSet:
		return in.marks.set
	case markDict:
		return in.marks.dict
	case markKwargs:
		return in.marks.kwargs
	}
	return glua.LNil
}

func (r *reviver) module(n *ship.ModuleRef) (glua.LValue, error) {
	m, err := r.in.loadShipped(r.ctx, n.Module)
	if err != nil {
		return nil, err
	}
	if n.Name == "" {
		return m.result, nil
	}
	v := m.member(n.Name)
	if v == glua.LNil {
		return nil, value.Errorf(value.KindError, "module %s has no function %s", m.Path(), n.Name)
	}
	if fn, ok := v.(*glua.LFunction); ok && n.Marks != 0 {
		r.in.flags.add(fn, interp.Marks(n.Marks))
	}
	return v, nil
}

func (r *reviver) fill(v glua.LValue, ref ship.Ref, n ship.Node) error {
	switch n := n.(type) {
	case *ship.Func:
		return r.fillFunction(v.(*glua.LFunction), n)
	case *ship.Cell:
		if n.Value != ship.None {
			r.cells[ref].SetValue(r.vals[n.Value])
		}
	case *ship.Seq:
		t := v.(*glua.LTable)
		for i, item := range n.Items {
			t.RawSetInt(i+1, r.vals[item])
		}
		t.Metatable = r.seqMeta(n.Kind)
	case *ship.Map:
		return r.fillTable(v.(*glua.LTable), n)
	}
	return nil
}

func (r *reviver) seqMeta(k ship.SeqKind) *glua.LTable {
	switch k {
	case ship.Tuple:
		return r.in.marks.tuple
	case ship.Set:
		return r.in.marks.set
	}
	return r.in.marks.list
}

func (r *reviver) fillTable(t *glua.LTable, n *ship.Map) error {
	names, keys := make([]string, 0, len(n.Keys)), make([]glua.LValue, 0, len(n.Keys))
	for i, k := range n.Keys {
		key, val := r.vals[k], r.vals[n.Vals[i]]
		if key == glua.LNil {
			return value.Errorf(value.KindValue, "function %s: a table has a key that is nil", r.graph.Name)
		}
		if n.Kind == ship.Struct {
			names = append(names, key.String())
			key = glua.LString(luaName(key.String()))
			if val == r.in.types.null {
				continue
			}
		}
		keys = append(keys, key)
		t.RawSet(key, val)
	}
	switch {
	case n.Kind == ship.Struct:
		t.Metatable = r.in.marks.structMeta(r.in.root, n.Name, names)
	case n.Kind == ship.Dict:
		t.Metatable = r.in.marks.dictMeta(r.in.root, keys)
	case n.Meta != ship.None:
		t.Metatable = r.vals[n.Meta]
		if t.Metatable == r.in.marks.dict {
			t.Metatable = r.in.marks.dictMeta(r.in.root, keys)
		}
	}
	return nil
}

func (r *reviver) fillFunction(fn *glua.LFunction, n *ship.Func) error {
	cells := make(map[string]ship.Ref, len(n.Cells))
	for i, name := range n.Source.Cells {
		cells[name] = n.Cells[i]
	}
	for i, name := range fn.Proto.DbgUpvalues {
		ref, ok := cells[name]
		if !ok {
			return value.Errorf(value.KindValue, "function %s: its variable %s did not arrive", r.graph.Name, name)
		}
		fn.Upvalues[i] = r.cells[ref]
	}
	fn.Env = r.environmentOf(n).table
	return nil
}

// environmentOf finds the scope in which n's globals have n's values: one for
// all, unless functions had scopes of their own where they come from.
func (r *reviver) environmentOf(n *ship.Func) *environment {
	fits := func(e *environment) bool {
		for i, name := range n.Source.Names {
			if other, set := e.names[name]; set && n.Names[i] != ship.None && other != n.Names[i] {
				return false
			}
		}
		return true
	}
	var env *environment
	for _, e := range r.envs {
		if fits(e) {
			env = e
			break
		}
	}
	if env == nil {
		env = r.newEnvironment()
	}
	for i, name := range n.Source.Names {
		if n.Names[i] != ship.None {
			env.names[name] = n.Names[i]
		}
	}
	return env
}
