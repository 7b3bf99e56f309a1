package starlark

import (
	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func (r *reviver) seq(n *ship.Seq) (star.Value, error) {
	switch n.Kind {
	case ship.Tuple:
		return r.tuple(n.Items)
	case ship.Set:
		set := star.NewSet(len(n.Items))
		r.keep(set, n.Frozen)
		r.later(func() error { return r.each(n.Items, set.Insert) })
		return set, nil
	}
	list := star.NewList(make([]star.Value, 0, len(n.Items)))
	r.keep(list, n.Frozen)
	r.later(func() error { return r.each(n.Items, list.Append) })
	return list, nil
}

// keep notes whether v is to be frozen.
func (r *reviver) keep(v star.Value, frozen bool) {
	if frozen {
		r.freezes = append(r.freezes, v)
	}
}

func (r *reviver) each(refs []ship.Ref, add func(star.Value) error) error {
	for _, ref := range refs {
		v, err := r.value(ref)
		if err != nil {
			return err
		}
		if err := add(v); err != nil {
			return err
		}
	}
	return nil
}

func (r *reviver) tuple(refs []ship.Ref) (star.Value, error) {
	t := make(star.Tuple, len(refs))
	for i, ref := range refs {
		v, err := r.value(ref)
		if err != nil {
			return nil, err
		}
		t[i] = v
	}
	return t, nil
}

func (r *reviver) mapping(n *ship.Map) (star.Value, error) {
	switch n.Kind {
	case ship.Dict:
		d := star.NewDict(len(n.Keys))
		r.keep(d, n.Frozen)
		r.later(func() error { return r.fillDict(d, n) })
		return d, nil
	case ship.Struct:
		return r.record(n)
	}
	return nil, value.Errorf(value.KindValue, "function %s: a table of another language", r.graph.Name)
}

func (r *reviver) fillDict(d *star.Dict, n *ship.Map) error {
	for i, ref := range n.Keys {
		k, err := r.value(ref)
		if err != nil {
			return err
		}
		v, err := r.value(n.Vals[i])
		if err != nil {
			return err
		}
		if err := d.SetKey(k, v); err != nil {
			return err
		}
	}
	return nil
}

func (r *reviver) record(n *ship.Map) (star.Value, error) {
	s := &structValue{name: n.Name}
	for i, ref := range n.Keys {
		k, err := r.value(ref)
		if err != nil {
			return nil, err
		}
		name, ok := star.AsString(k)
		if !ok {
			return nil, value.Errorf(value.KindValue, "function %s: a field's name is no text", r.graph.Name)
		}
		v, err := r.value(n.Vals[i])
		if err != nil {
			return nil, err
		}
		s.names, s.values = append(s.names, name), append(s.values, v)
	}
	return r.in.asOutcome(s), nil
}
