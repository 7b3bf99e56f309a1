package starlark

import (
	"math/big"
	"time"

	startime "go.starlark.net/lib/time"
	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// toStarlark gives a Value to scripts. Containers are new and mutable.
func (in *Interp) toStarlark(v value.Value) (star.Value, error) {
	switch v := v.(type) {
	case nil:
		return star.None, nil
	case bool:
		return star.Bool(v), nil
	case int64:
		return star.MakeInt64(v), nil
	case int:
		return star.MakeInt(v), nil
	case *big.Int:
		return star.MakeBigInt(v), nil
	case float64:
		return star.Float(v), nil
	case string:
		return star.String(v), nil
	case value.Bytes:
		return star.Bytes(v), nil
	case value.Blob:
		return blobValue(v), nil
	case value.Secret:
		return secretValue{v}, nil
	case time.Time:
		return startime.Time(v), nil
	case time.Duration:
		return startime.Duration(v), nil
	case value.List:
		items, err := in.toItems(v)
		return star.NewList(items), err
	case value.Tuple:
		items, err := in.toItems(v)
		return star.Tuple(items), err
	case *value.Dict:
		return in.toDict(v)
	case *value.Set:
		return in.toSet(v)
	case *value.Struct:
		return in.toStruct(v)
	case *value.Error:
		return &errorValue{in, v}, nil
	}
	return in.toLive(v)
}

func (in *Interp) toLive(v value.Value) (star.Value, error) {
	switch v := v.(type) {
	case value.ContextRef, value.SenderRef:
		if in.host.Bind != nil {
			if o, ok := in.host.Bind(v); ok {
				return in.wrap(o), nil
			}
		}
		return referenceValue{v}, nil
	case held:
		if v.in == in {
			return v.v, nil
		}
		return in.copyOf(v)
	case interp.Held:
		return in.copyOf(v)
	case stateHandle:
		return in.env.byName[stateName], nil
	case shown:
		return v.v, nil
	case interp.Callable:
		return in.calleeOf(v), nil
	case interp.Object:
		return in.wrap(v), nil
	case *interp.Func:
		if b, ok := in.env.byName[v.Qualified()].(*star.Builtin); ok && v.Qualified() != "" {
			return b, nil
		}
		return in.bind(v), nil
	case *interp.Module:
		return in.moduleFor(v)
	}
	return nil, value.Errorf(value.KindError, "%s has no form in Starlark", value.TypeName(v))
}

func (in *Interp) copyOf(h interp.Held) (star.Value, error) {
	v, err := h.Value()
	if err != nil {
		return nil, err
	}
	return in.toStarlark(v)
}

// moduleFor finds the value that was made of a module at the start.
func (in *Interp) moduleFor(m *interp.Module) (star.Value, error) {
	for _, v := range in.env.byName {
		if mv, ok := moduleOf(v); ok && mv.mod == m {
			return v, nil
		}
	}
	return nil, value.Errorf(value.KindError, "there is no module %s here", m.Name)
}

func (in *Interp) toItems(vs []value.Value) ([]star.Value, error) {
	out := make([]star.Value, len(vs))
	for i, v := range vs {
		sv, err := in.toStarlark(v)
		if err != nil {
			return nil, err
		}
		out[i] = sv
	}
	return out, nil
}

func (in *Interp) toDict(d *value.Dict) (star.Value, error) {
	out := star.NewDict(d.Len())
	for _, it := range d.Items() {
		k, err := in.toStarlark(it.Key)
		if err != nil {
			return nil, err
		}
		v, err := in.toStarlark(it.Value)
		if err != nil {
			return nil, err
		}
		if err := out.SetKey(k, v); err != nil {
			return nil, value.Errorf(value.KindValue, "dict: %w", err)
		}
	}
	return out, nil
}

func (in *Interp) toSet(s *value.Set) (star.Value, error) {
	out := star.NewSet(s.Len())
	for _, it := range s.Items() {
		v, err := in.toStarlark(it)
		if err != nil {
			return nil, err
		}
		if err := out.Insert(v); err != nil {
			return nil, value.Errorf(value.KindValue, "set: %w", err)
		}
	}
	return out, nil
}

func (in *Interp) toStruct(s *value.Struct) (star.Value, error) {
	if o, ok := in.host.Whole(s); ok {
		return in.wrap(o), nil
	}
	out := &structValue{name: s.Name, names: make([]string, len(s.Fields)), values: make([]star.Value, len(s.Fields))}
	if out.name == "" {
		out.name = "struct"
	}
	for i, f := range s.Fields {
		v, err := in.toStarlark(f.Value)
		if err != nil {
			return nil, err
		}
		out.names[i], out.values[i] = f.Name, v
	}
	return in.asOutcome(out), nil
}
