package starlark

import (
	"context"

	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Revive makes a function of a shipped one, with an environment of its own. It
// lets go of the script lock while it waits for chunks.
func (in *Interp) Revive(ctx context.Context, f *value.Func, fetch interp.Fetch) (interp.Callable, error) {
	in.predeclared(ctx)
	if f.Builtin != "" {
		return in.asCallable(f.Name, in.env.byName[f.Builtin])
	}
	g, err := in.graphOf(ctx, f.Root, fetch)
	if err != nil {
		return nil, err
	}
	if v, ok := g.reusable(in); ok {
		return in.asCallable(f.Name, v)
	}
	v, err := in.onThread(ctx, func(th *thread) (star.Value, error) {
		r := &reviver{in: in, th: th, graph: g, fetch: fetch, vals: make([]star.Value, len(g.Nodes)), busy: make([]bool, len(g.Nodes))}
		v, err := r.revive()
		if err == nil {
			g.keep(in, r.vals)
		}
		return v, err
	})
	if err != nil {
		return nil, err
	}
	return in.asCallable(f.Name, v)
}

func (in *Interp) asCallable(name string, v star.Value) (interp.Callable, error) {
	c, ok := v.(star.Callable)
	if !ok {
		return nil, value.Errorf(value.KindError, "there is no function %s here", name)
	}
	return in.callable(c), nil
}

// graphOf decodes a graph; the last ones are kept, since a function that has not
// changed comes with the same root every time.
func (in *Interp) graphOf(ctx context.Context, root value.Hash, fetch interp.Fetch) (*shippedGraph, error) {
	if g, ok := in.graphs.get(root); ok {
		return g, nil
	}
	former := in.current
	in.host.Lock.Unlock()
	decoded, err := ship.Decode(ctx, root, fetch)
	in.host.Lock.Lock()
	in.current = former
	if err != nil {
		return nil, err
	}
	g := &shippedGraph{Graph: decoded, frozen: map[*ship.Data]star.Value{}}
	in.graphs.set(root, g)
	return g, nil
}

// shippedGraph is a decoded graph. Large frozen data of it is made once, since no
// call can change it.
type shippedGraph struct {
	*ship.Graph
	frozen map[*ship.Data]star.Value
	made   *made // nil if there is nothing to share
}

// reviver makes the values of one graph. Containers and environments are filled
// when everything that they may hold was begun, so that circles close.
type reviver struct {
	in    *Interp
	th    *thread
	graph *shippedGraph
	fetch interp.Fetch
	vals  []star.Value
	busy  []bool
	// fills are what is left to be filled.
	fills []func() error
	// freezes are the containers that were frozen where they come from.
	freezes []star.Value
}

func (r *reviver) revive() (star.Value, error) {
	root, err := r.value(r.graph.Root)
	if err != nil {
		return nil, err
	}
	for len(r.fills) > 0 {
		fills := r.fills
		r.fills = nil
		for _, fill := range fills {
			if err := fill(); err != nil {
				return nil, err
			}
		}
	}
	for _, v := range r.freezes {
		v.Freeze()
	}
	return root, nil
}

func (r *reviver) later(fill func() error) { r.fills = append(r.fills, fill) }

// value gives the value of a node, perhaps one that is yet to be filled.
func (r *reviver) value(ref ship.Ref) (star.Value, error) {
	if v := r.vals[ref]; v != nil {
		return v, nil
	}
	if r.busy[ref] {
		return nil, value.Errorf(value.KindValue, "function %s: an immutable value contains itself", r.graph.Name)
	}
	r.busy[ref] = true
	v, err := r.make(ref)
	if err == nil {
		r.vals[ref] = v
	}
	return v, err
}

func (r *reviver) make(ref ship.Ref) (star.Value, error) {
	switch n := r.graph.Nodes[ref].(type) {
	case *ship.Data:
		return r.data(n)
	case *ship.Func:
		return r.function(n)
	case *ship.Seq:
		return r.seq(n)
	case *ship.Map:
		return r.mapping(n)
	case *ship.Builtin:
		if v, ok := r.in.env.byName[n.Name]; ok {
			return v, nil
		}
		return nil, value.Errorf(value.KindError, "function %s: there is no %s here", r.graph.Name, n.Name)
	case *ship.Method:
		return r.method(n)
	case *ship.ModuleRef:
		return r.moduleGlobal(n)
	case *ship.Foreign:
		c, err := r.in.host.Revive(r.th.ctx, n.Func, r.fetch)
		if err != nil {
			return nil, err
		}
		r.in.current = r.th
		return r.in.calleeOf(c), nil
	}
	return nil, value.Errorf(value.KindValue, "function %s: a node of no use to Starlark", r.graph.Name)
}

func (r *reviver) data(n *ship.Data) (star.Value, error) {
	if v, ok := r.graph.frozen[n]; ok {
		return v, nil
	}
	v, err := r.in.toStarlark(n.Value)
	if err == nil && n.Frozen {
		v.Freeze()
		if n.Chunk != nil {
			r.graph.frozen[n] = v
		}
	}
	return v, err
}

func (r *reviver) method(n *ship.Method) (star.Value, error) {
	recv, err := r.value(n.Recv)
	if err != nil {
		return nil, err
	}
	if obj, ok := recv.(star.HasAttrs); ok {
		if v, err := obj.Attr(n.Name); v != nil || err != nil {
			return v, err
		}
	}
	return nil, value.Errorf(value.KindError, "function %s: %s has no method %s here", r.graph.Name, article(recv.Type()), n.Name)
}

func (r *reviver) moduleGlobal(n *ship.ModuleRef) (star.Value, error) {
	src := interp.Source{Path: n.Module.Path, Text: []byte(n.Module.Text)}
	lib, err := r.in.loadLibrary(r.th, nil, src, shippedLoads(n.Module))
	r.in.current = r.th
	if err != nil {
		return nil, err
	}
	v, ok := lib.globals[n.Name]
	if !ok {
		return nil, value.Errorf(value.KindError, "%s has no global %s", n.Module.Path, n.Name)
	}
	if fn, ok := v.(*star.Function); ok && n.Marks != 0 {
		r.in.mark(fn, interp.Marks(n.Marks))
	}
	return v, nil
}

// function runs a graft. What its names mean is filled in later: it looks them up
// when it uses them.
func (r *reviver) function(n *ship.Func) (star.Value, error) {
	g, err := r.in.graftOf(n.Source)
	if err != nil {
		return nil, err
	}
	env := make(star.StringDict, len(g.host)+len(n.Names)+len(n.Cells)+len(n.Defaults))
	for _, name := range g.host {
		env[name] = r.in.env.dict[name]
	}
	for i, ref := range n.Defaults {
		if ref == ship.None {
			continue
		}
		if env[defaultName(i)], err = r.value(ref); err != nil {
			return nil, err
		}
	}
	globals, err := g.prog.Init(&r.th.t, env)
	if err != nil {
		return nil, err
	}
	fn := globals[g.result].(*star.Function)
	if n.Marks != 0 {
		r.in.mark(fn, interp.Marks(n.Marks))
	}
	r.later(func() error { return r.fillNames(env, n) })
	return fn, nil
}

func (r *reviver) fillNames(env star.StringDict, n *ship.Func) (err error) {
	for i, ref := range n.Names {
		if ref != ship.None {
			if env[n.Source.Names[i]], err = r.value(ref); err != nil {
				return err
			}
		}
	}
	for i, ref := range n.Cells {
		cell, ok := r.graph.Nodes[ref].(*ship.Cell)
		if ok && cell.Value != ship.None {
			if env[n.Source.Cells[i]], err = r.value(cell.Value); err != nil {
				return err
			}
		}
	}
	return nil
}
