package starlark

import (
	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// chunkSize is from when on frozen data becomes a chunk of its own.
const chunkSize = 1024

// treeSize is up to when frozen data is one value even if parts of it stand in
// several places: nobody can tell, as nothing of it can change.
const treeSize = 8 << 20

// portedFunc is the form of a function that refers to nothing that can change in
// place, for as long as the variables that it refers to keep their values.
type portedFunc struct {
	deps []dep
	form *value.Func
}

func (in *Interp) newSurvey() *survey {
	return &survey{in: in, seen: map[any]*thing{}, globals: map[*star.Module]star.StringDict{}}
}

// port gives a function, or a bound method, the form in which it travels.
func (in *Interp) port(c star.Callable) (value.Value, error) {
	fn, isFunc := c.(*star.Function)
	if p, ok := in.ported.get(fn); ok && isFunc && (len(p.deps) == 0 || in.newSurvey().unchanged(p.deps)) {
		return p.form, nil
	}
	s := in.newSurvey()
	name := plainName(c.Name())
	if _, bad := s.walk(c); bad != nil {
		return nil, bad.err(name)
	}
	b := builder{survey: s, graph: &ship.Graph{Lang: langName, Name: name}, modules: map[moduleGlobal]ship.Ref{}}
	root, err := b.build(c)
	if err != nil {
		return nil, err
	}
	b.graph.Root = root
	form, err := ship.Encode(b.graph)
	if err != nil {
		return nil, err
	}
	if isFunc && !s.volatile {
		in.ported.set(fn, &portedFunc{s.deps, form})
	}
	return form, nil
}

// builder makes the nodes of what was surveyed.
type builder struct {
	*survey
	graph   *ship.Graph
	modules map[moduleGlobal]ship.Ref
}

type moduleGlobal struct {
	lib   *library
	name  string
	marks interp.Marks
}

// add reserves a node, so that what is inside of it can refer to it.
func (b *builder) add(n ship.Node) ship.Ref {
	b.graph.Nodes = append(b.graph.Nodes, n)
	return ship.Ref(len(b.graph.Nodes) - 1)
}

func (b *builder) build(v star.Value) (ship.Ref, error) {
	if o, ok := v.(*outcome); ok {
		v = o.record()
	}
	switch v := v.(type) {
	case star.Tuple:
		if len(v) > 0 {
			return b.container(v)
		}
	case *star.List, *star.Dict, *star.Set, *structValue:
		return b.container(v)
	case *star.Function:
		return b.function(v)
	case *star.Builtin:
		return b.builtin(v)
	case *moduleValue:
		return b.add(&ship.Builtin{Name: v.name}), nil
	case *callableModule:
		return b.add(&ship.Builtin{Name: v.name}), nil
	case state:
		return b.add(&ship.Builtin{Name: stateName}), nil
	case goObject:
		if name, ok := b.in.env.objects[v.object()]; ok {
			return b.add(&ship.Builtin{Name: name}), nil
		}
		return b.ported(v.object().(value.Porter))
	case *foreign:
		return b.ported(v.fn)
	}
	return b.data(v, v.Type() == "range")
}

// ported adds what knows itself how it travels.
func (b *builder) ported(p value.Porter) (ship.Ref, error) {
	v, err := p.Port()
	if err != nil {
		return ship.None, err
	}
	if f, ok := v.(*value.Func); ok {
		if f.Lang == "" {
			return b.add(&ship.Builtin{Name: f.Builtin}), nil
		}
		return b.add(&ship.Foreign{Func: f}), nil
	}
	return b.add(&ship.Data{Value: v}), nil
}

func (b *builder) builtin(v *star.Builtin) (ship.Ref, error) {
	if name, ok := b.in.env.nameOf[v]; ok {
		return b.add(&ship.Builtin{Name: name}), nil
	}
	recv, err := b.build(v.Receiver())
	if err != nil {
		return ship.None, err
	}
	return b.add(&ship.Method{Recv: recv, Name: v.Name()}), nil
}

func (b *builder) data(v star.Value, isFrozen bool) (ship.Ref, error) {
	gv, err := b.in.fromStarlark(v, b.graph.Name)
	if err != nil {
		return ship.None, err
	}
	return b.add(&ship.Data{Value: gv, Frozen: isFrozen}), nil
}

func (b *builder) container(v star.Value) (ship.Ref, error) {
	t := b.seen[identity(v)]
	if t.ref != ship.None {
		return t.ref, nil
	}
	if t.chunk != nil {
		t.ref = b.add(&ship.Data{Chunk: t.chunk, Frozen: true})
		return t.ref, nil
	}
	if t.plain && t.content != frozen|mutable && (t.content == frozen && t.size <= treeSize || !b.shares(v)) {
		var err error
		t.ref, err = b.tree(v, t)
		return t.ref, err
	}
	switch v := v.(type) {
	case *star.Dict:
		return b.dict(v, t)
	case *structValue:
		return b.record(v, t)
	case *star.List:
		return b.seq(v, ship.List, t)
	case *star.Set:
		return b.seq(v, ship.Set, t)
	}
	return b.seq(v.(star.Tuple), ship.Tuple, t)
}

// shares reports whether something inside v is referred to from elsewhere too.
func (b *builder) shares(v star.Value) bool {
	found := eachItem(v, func(item star.Value, _ func() string) *refusal {
		if o, ok := item.(*outcome); ok {
			item = o.record()
		}
		switch v := item.(type) {
		case star.Tuple:
			if len(v) == 0 {
				return nil
			}
		case *star.List, *star.Dict, *star.Set, *structValue:
		default:
			return nil
		}
		if t := b.seen[identity(item)]; t.refs > 1 || t.chunk == nil && b.shares(item) {
			return &refusal{}
		}
		return nil
	})
	return found != nil
}

// tree adds a container that is data all through as one value.
func (b *builder) tree(v star.Value, t *thing) (ship.Ref, error) {
	isFrozen := t.content == frozen
	if !isFrozen || t.size < chunkSize {
		return b.data(v, isFrozen)
	}
	c, err := b.chunk(v)
	if err != nil {
		return ship.None, err
	}
	return b.add(&ship.Data{Chunk: c, Frozen: true}), nil
}

// chunk encodes frozen data; of lists and dicts it is remembered.
func (b *builder) chunk(v star.Value) (*value.Chunk, error) {
	gv, err := b.in.fromStarlark(v, b.graph.Name)
	if err != nil {
		return nil, err
	}
	c, err := ship.DataChunk(gv)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case *star.List:
		b.in.lists.set(v, c)
	case *star.Dict:
		b.in.dicts.set(v, c)
	}
	return c, nil
}

// knownChunk is what chunk remembers.
func (in *Interp) knownChunk(v star.Value) (*value.Chunk, bool) {
	switch v := v.(type) {
	case *star.List:
		return in.lists.get(v)
	case *star.Dict:
		return in.dicts.get(v)
	}
	return nil, false
}

func (b *builder) seq(v star.Iterable, kind ship.SeqKind, t *thing) (ship.Ref, error) {
	n := &ship.Seq{Kind: kind, Frozen: kind != ship.Tuple && isFrozen(v)}
	t.ref = b.add(n)
	for item := range star.Elements(v) {
		ref, err := b.build(item)
		if err != nil {
			return ship.None, err
		}
		n.Items = append(n.Items, ref)
	}
	return t.ref, nil
}

func (b *builder) dict(v *star.Dict, t *thing) (ship.Ref, error) {
	n := &ship.Map{Kind: ship.Dict, Meta: ship.None, Frozen: isFrozen(v)}
	t.ref = b.add(n)
	for k, item := range v.Entries() {
		key, err := b.build(k)
		if err != nil {
			return ship.None, err
		}
		val, err := b.build(item)
		if err != nil {
			return ship.None, err
		}
		n.Keys, n.Vals = append(n.Keys, key), append(n.Vals, val)
	}
	return t.ref, nil
}

func (b *builder) record(v *structValue, t *thing) (ship.Ref, error) {
	n := &ship.Map{Kind: ship.Struct, Name: v.name, Meta: ship.None}
	t.ref = b.add(n)
	for i, name := range v.names {
		val, err := b.build(v.values[i])
		if err != nil {
			return ship.None, err
		}
		n.Keys, n.Vals = append(n.Keys, b.add(&ship.Data{Value: name})), append(n.Vals, val)
	}
	return t.ref, nil
}
