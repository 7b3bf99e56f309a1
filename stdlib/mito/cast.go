package mito

import (
	"math/big"
	"strconv"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// caster makes plain values of values; first is the index of a list's first item.
type caster struct{ first int }

// cast copies v, which errors call place.
func (c caster) cast(place string, v value.Value) (value.Value, error) {
	switch v := v.(type) {
	case nil, bool, int64, *big.Int, float64, string, value.Bytes:
		return v, nil
	case value.Secret:
		return v.Reveal(), nil
	case value.Blob:
		return value.Bytes(v), nil
	case value.List:
		return c.items(place, v)
	case value.Tuple:
		return c.items(place, v)
	case *value.Dict:
		return c.dict(place, v)
	case *value.Set:
		return c.set(place, v)
	case *value.Struct:
		out := &value.Dict{}
		for _, f := range v.Fields {
			inner, err := c.cast(place+"."+f.Name, f.Value)
			if err != nil {
				return nil, err
			}
			if err := out.Set(f.Name, inner); err != nil {
				return nil, err
			}
		}
		return out, nil
	case interp.Folded:
		return c.dict(place, v.Dict())
	case value.Porter:
		if s, err := v.Port(); err == nil {
			if record, ok := s.(*value.Struct); ok {
				return c.cast(place, record)
			}
		}
	}
	return nil, value.Errorf(value.KindError, "%s: cannot cast a %s", place, typeName(v))
}

func (c caster) items(place string, items []value.Value) (value.Value, error) {
	out := make(value.List, len(items))
	for i, it := range items {
		v, err := c.cast(place+"["+strconv.Itoa(i+c.first)+"]", it)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (c caster) dict(place string, d *value.Dict) (value.Value, error) {
	out := &value.Dict{}
	for _, it := range d.Items() {
		inner := place + "[" + keyText(it.Key) + "]"
		key, err := c.key(inner, it.Key)
		if err != nil {
			return nil, err
		}
		v, err := c.cast(inner, it.Value)
		if err != nil {
			return nil, err
		}
		if err := out.Set(key, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c caster) set(place string, s *value.Set) (value.Value, error) {
	out := &value.Set{}
	for _, it := range s.Items() {
		key, err := c.key(place, it)
		if err != nil {
			return nil, err
		}
		if err := out.Add(key); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// key casts what has to stay hashable: tuples stay tuples.
func (c caster) key(place string, v value.Value) (value.Value, error) {
	t, ok := v.(value.Tuple)
	if !ok {
		return c.cast(place, v)
	}
	out := make(value.Tuple, len(t))
	for i, it := range t {
		v, err := c.key(place, it)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func keyText(k value.Value) string {
	switch k := k.(type) {
	case string:
		return strconv.Quote(k)
	case int64:
		return strconv.FormatInt(k, 10)
	}
	return typeName(k)
}
