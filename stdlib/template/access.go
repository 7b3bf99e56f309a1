package template

import (
	"unicode/utf8"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// attribute is a.name: an attribute or method, else an item of a dict.
func attribute(v value.Value, name string) (value.Value, bool) {
	switch o := v.(type) {
	case *value.Struct:
		return o.Get(name)
	case *value.Error:
		return errorAttribute(o, name)
	case attributes:
		return o.attr(name)
	case interp.Object:
		out, ok := o.Attr(name)
		if _, isFunc := out.(*interp.Func); !isFunc {
			return out, ok
		}
		folded, is := v.(interp.Folded)
		if !is {
			return nil, false
		}
		v = folded.Dict() // its methods here are a dict's
	}
	if fn, ok := methodOf(v, name); ok {
		return method{name: name, of: v, fn: fn}, true
	}
	if d, ok := v.(*value.Dict); ok {
		return d.Get(name)
	}
	return nil, false
}

// attributes are a template's own things with attributes: loop and namespace.
type attributes interface {
	attr(name string) (value.Value, bool)
}

func errorAttribute(e *value.Error, name string) (value.Value, bool) {
	switch name {
	case "message":
		return e.Message, true
	case "kind":
		return string(e.Kind), true
	}
	for _, f := range e.Attrs {
		if f.Name == name {
			return f.Value, true
		}
	}
	return nil, false
}

// item is a[key]: an item, else an attribute of that name.
func item(v, key value.Value) (value.Value, bool) {
	if f, ok := v.(interp.Folded); ok {
		name, _ := key.(string)
		return f.Lookup(name)
	}
	if d, ok := v.(*value.Dict); ok {
		if bounded(key) != nil {
			return nil, false
		}
		if out, ok := d.Get(key); ok {
			return out, true
		}
	}
	if name, ok := key.(string); ok {
		return attribute(v, name)
	}
	i, ok := key.(int64)
	if !ok {
		return nil, false
	}
	if text, ok := v.(string); ok {
		runes := []rune(text)
		if n := int64(len(runes)); i < 0 {
			i += n
		}
		if i < 0 || i >= int64(len(runes)) {
			return nil, false
		}
		return string(runes[i]), true
	}
	items, ok := sequence(v)
	if i < 0 {
		i += int64(len(items))
	}
	if !ok || i < 0 || i >= int64(len(items)) {
		return nil, false
	}
	return items[i], true
}

func (e *sliceExpr) eval(s *state) (value.Value, error) {
	v, err := s.value(e.of)
	if err != nil {
		return nil, err
	}
	text, isText := v.(string)
	items, ok := sequence(v)
	if isText {
		items = characters(text)
	} else if !ok {
		return nil, fail("%s cannot be sliced", typeName(v))
	}
	out, err := e.pick(s, items)
	if err != nil {
		return nil, err
	}
	if isText {
		b := ""
		for _, c := range out {
			b += c.(string)
		}
		return b, nil
	}
	if _, ok := v.(value.Tuple); ok {
		return value.Tuple(out), nil
	}
	return value.List(out), nil
}

func (e *sliceExpr) pick(s *state, items []value.Value) ([]value.Value, error) {
	n := len(items)
	step, err := s.bound(e.step, 1)
	if err == nil && step == 0 {
		err = fail("a slice's step cannot be 0")
	}
	if err != nil {
		return nil, err
	}
	from, to, low, high := 0, n, 0, n
	if step < 0 {
		from, to, low, high = n-1, -1, -1, n-1
	}
	if from, err = s.edge(e.from, from, n, low, high); err != nil {
		return nil, err
	}
	if to, err = s.edge(e.to, to, n, low, high); err != nil {
		return nil, err
	}
	var out []value.Value
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		out = append(out, items[i])
	}
	return out, nil
}

func (s *state) edge(e expr, def, n, low, high int) (int, error) {
	if e == nil {
		return def, nil
	}
	i, err := s.bound(e, def)
	if i < 0 && err == nil {
		i += n
	}
	return min(max(i, low), high), err
}

func (s *state) bound(e expr, def int) (int, error) {
	if e == nil {
		return def, nil
	}
	v, err := s.value(e)
	if err != nil || v == nil {
		return def, err
	}
	i, ok := v.(int64)
	if !ok {
		return 0, fail("a slice's bounds are ints, not %s", typeName(v))
	}
	return int(min(max(i, -1<<31+1), 1<<31-1)), nil
}

func characters(text string) []value.Value {
	out := make([]value.Value, 0, len(text))
	for i := 0; i < len(text); {
		_, n := utf8.DecodeRuneInString(text[i:])
		out = append(out, text[i:i+n])
		i += n
	}
	return out
}

// length counts items or characters.
func length(v value.Value) (int, bool) {
	switch v := v.(type) {
	case string:
		return utf8.RuneCountInString(v), true
	case value.Bytes:
		return len(v), true
	case value.Blob:
		return len(v), true
	case value.List:
		return len(v), true
	case value.Tuple:
		return len(v), true
	case *value.Dict:
		return v.Len(), true
	case *value.Set:
		return v.Len(), true
	}
	return 0, false
}

// iterate gives what a for loop walks: items, the keys of a dict, characters.
func (s *state) iterate(v value.Value) ([]value.Value, error) {
	switch v := v.(type) {
	case value.List:
		return v, nil
	case value.Tuple:
		return v, nil
	case *value.Set:
		return v.Items(), nil
	case *value.Dict:
		keys := make([]value.Value, v.Len())
		for i, it := range v.Items() {
			keys[i] = it.Key
		}
		return keys, nil
	case string:
		return characters(v), nil
	case undefined:
		return nil, v.fault()
	}
	return nil, fail("%s cannot be iterated over", typeName(v))
}
