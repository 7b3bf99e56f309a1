package starlark

import (
	"fmt"
	"hash/maphash"
	"reflect"

	star "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// objectValue is a Go object. The same Go object always gives an equal value.
type objectValue struct {
	in  *Interp
	obj interp.Object
	// method is the one that was asked for last, which a loop asks for again and again.
	method *star.Builtin
}

// iterableObject can stand in a for loop or be unpacked.
type iterableObject struct{ objectValue }

// sizedObject has a length; whether it can be iterated too is seen when tried.
type sizedObject struct{ iterableObject }

// foldedObject is looked up by names of any case.
type foldedObject struct{ objectValue }

// goObject is implemented by all of them.
type goObject interface{ object() interp.Object }

func (in *Interp) wrap(obj interp.Object) star.Value {
	if _, ok := obj.(interp.Folded); ok {
		return &foldedObject{objectValue{in: in, obj: obj}}
	}
	if _, ok := obj.(interp.Sized); ok {
		return &sizedObject{iterableObject{objectValue{in: in, obj: obj}}}
	}
	_, iterates := obj.(interp.Iterable)
	_, unpacks := obj.(interp.Unpacker)
	if iterates || unpacks {
		return &iterableObject{objectValue{in: in, obj: obj}}
	}
	return &objectValue{in: in, obj: obj}
}

func (o *objectValue) object() interp.Object { return o.obj }
func (o *objectValue) Type() string          { return o.obj.TypeName() }
func (o *objectValue) Freeze()               {}
func (o *objectValue) Truth() star.Bool      { return true }
func (o *objectValue) AttrNames() []string   { return o.obj.AttrNames() }

func (o *objectValue) String() string {
	if s, ok := o.obj.(interp.Shower); ok {
		return s.Show()
	}
	return fmt.Sprintf("<%s>", o.obj.TypeName())
}

// hashSeed makes hashes of keys; it is the same for one process only.
var hashSeed = maphash.MakeSeed()

func (o *objectValue) Hash() (uint32, error) {
	if k, ok := o.obj.(interp.Keyed); ok {
		return uint32(maphash.Comparable(hashSeed, k.Key())), nil
	}
	if !reflect.TypeOf(o.obj).Comparable() {
		return 0, fmt.Errorf("unhashable: %s", o.Type())
	}
	return uint32(maphash.Comparable(hashSeed, o.obj)), nil
}

// CompareSameType compares by key, else by identity.
func (o *objectValue) CompareSameType(op syntax.Token, y star.Value, _ int) (bool, error) {
	other, ok := y.(goObject)
	same := ok && sameObject(o.obj, other.object())
	switch op {
	case syntax.EQL:
		return same, nil
	case syntax.NEQ:
		return !same, nil
	}
	return false, fmt.Errorf("%s values have no order", o.Type())
}

func sameObject(a, b interp.Object) bool {
	ka, ok1 := a.(interp.Keyed)
	kb, ok2 := b.(interp.Keyed)
	if ok1 && ok2 {
		return ka.Key() == kb.Key()
	}
	return reflect.TypeOf(a).Comparable() && reflect.TypeOf(b).Comparable() && a == b
}

func (o *objectValue) Attr(name string) (star.Value, error)    { return o.attr(o, name) }
func (o *iterableObject) Attr(name string) (star.Value, error) { return o.attr(o, name) }
func (o *sizedObject) Attr(name string) (star.Value, error)    { return o.attr(o, name) }
func (o *foldedObject) Attr(name string) (star.Value, error)   { return o.attr(o, name) }

// attr is Attr of the value that o is in.
func (o *objectValue) attr(self star.Value, name string) (star.Value, error) {
	if o.method != nil && o.method.Name() == name {
		return o.method, nil
	}
	v, ok := o.obj.Attr(name)
	if !ok {
		return nil, nil
	}
	if f, ok := v.(*interp.Func); ok {
		b := o.in.bindMethod(f, self)
		if f.Method {
			o.method = b
		}
		return b, nil
	}
	return o.in.toStarlark(v)
}

func (o *objectValue) SetField(name string, v star.Value) error {
	s, ok := o.obj.(interp.AttrSetter)
	if !ok {
		return star.NoSuchAttrError(fmt.Sprintf("%s has no .%s field that can be set", o.Type(), name))
	}
	gv, err := o.in.fromStarlark(v, name)
	if err != nil {
		return err
	}
	if err := s.SetAttr(interp.WithCaller(o.in.currentContext(), o.in), name, gv); err != nil {
		return value.AsError(err)
	}
	return nil
}

// Iterate walks an Iterable's items, or what an Unpacker unpacks to.
func (o *iterableObject) Iterate() star.Iterator {
	th := o.in.current
	switch obj := o.obj.(type) {
	case interp.Iterable:
		return &objectIterator{th: th, obj: obj}
	case interp.Unpacker:
		items, err := obj.Unpack()
		if err != nil {
			th.raise(value.AsError(err))
		}
		return &itemIterator{th: th, items: items}
	}
	th.raise(value.Errorf(value.KindScript, "%s value is not iterable", o.Type()))
	return &itemIterator{th: th}
}

func (o *sizedObject) Len() int         { return o.obj.(interp.Sized).Len() }
func (o *sizedObject) Truth() star.Bool { return o.Len() != 0 }

func (o *foldedObject) folded() interp.Folded { return o.obj.(interp.Folded) }
func (o *foldedObject) Len() int              { return o.folded().Len() }
func (o *foldedObject) Truth() star.Bool      { return o.Len() != 0 }

// Get finds a value; only text is a key.
func (o *foldedObject) Get(key star.Value) (star.Value, bool, error) {
	name, ok := key.(star.String)
	if !ok {
		return nil, false, nil
	}
	v, ok := o.folded().Lookup(string(name))
	if !ok {
		return nil, false, nil
	}
	sv, err := o.in.toStarlark(v)
	return sv, err == nil, err
}

// Items gives pairs of names and values.
func (o *foldedObject) Items() []star.Tuple {
	d, err := o.in.toStarlark(o.folded().Dict())
	if err != nil {
		return nil // of plain values there is no error
	}
	return d.(*star.Dict).Items()
}

// Iterate walks the names.
func (o *foldedObject) Iterate() star.Iterator {
	items := o.folded().Dict().Items()
	names := make(star.Tuple, len(items))
	for i, it := range items {
		names[i] = star.String(it.Key.(string))
	}
	return names.Iterate()
}

// objectIterator waits for items without the script lock.
type objectIterator struct {
	th  *thread
	obj interp.Iterable
}

func (it *objectIterator) Next(p *star.Value) bool {
	if it.th.raised != nil {
		return false
	}
	v, ok, err := it.wait()
	if err == nil && ok {
		*p, err = it.th.in.toStarlark(v)
	}
	if err != nil {
		it.th.raise(value.AsError(err))
		return false
	}
	return ok
}

func (it *objectIterator) wait() (value.Value, bool, error) {
	it.th.Unlock()
	defer it.th.Lock()
	return it.obj.Next(it.th.ctx)
}

func (it *objectIterator) Done() {}

// itemIterator walks values at hand.
type itemIterator struct {
	th    *thread
	items []value.Value
}

func (it *itemIterator) Next(p *star.Value) bool {
	if len(it.items) == 0 {
		return false
	}
	v, err := it.th.in.toStarlark(it.items[0])
	it.items = it.items[1:]
	if err != nil {
		it.th.raise(value.AsError(err))
		return false
	}
	*p = v
	return true
}

func (it *itemIterator) Done() {}
