package lua

import (
	"reflect"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// abilities of an object, as bits: objects with the same share a metatable.
const (
	canIterate = 1 << iota
	canMeasure
)

// keyOf is what makes two objects one: the key of a Keyed one, else the identity.
func keyOf(o interp.Object) any {
	if k, ok := o.(interp.Keyed); ok {
		return keyed{o.TypeName(), k.Key()}
	}
	if reflect.TypeOf(o).Comparable() {
		return o
	}
	return nil
}

type keyed struct {
	typeName string
	key      any
}

func sameObject(a, b any) bool {
	x, ok1 := a.(interp.Object)
	y, ok2 := b.(interp.Object)
	if !ok1 || !ok2 {
		return false
	}
	k := keyOf(x)
	return k != nil && k == keyOf(y)
}

// object gives the userdata of o: the same one as long as a script holds it.
func (in *Interp) object(o interp.Object) *glua.LUserData {
	key := keyOf(o)
	if key != nil {
		if ud := in.objects.get(key); ud != nil {
			return ud
		}
	}
	bits := 0
	if _, ok := o.(interp.Iterable); ok {
		bits |= canIterate
	}
	if _, ok := o.(interp.Sized); ok {
		bits |= canMeasure
	}
	ud := in.userdata(o, in.types.objects[bits])
	if key != nil {
		in.objects.put(key, ud)
	}
	return ud
}

func (in *Interp) objectMeta(bits int) *glua.LTable {
	mt := in.newMeta(in.objectText)
	mt.RawSetString("__index", in.types.objectIndex)
	mt.RawSetString("__newindex", in.types.objectSet)
	mt.RawSetString("__eq", in.types.objectEq)
	if bits&canIterate != 0 {
		mt.RawSetString("__call", in.root.NewFunction(in.objectNext))
	}
	if bits&canMeasure != 0 {
		mt.RawSetString("__len", in.root.NewFunction(func(L *glua.LState) int {
			o, _ := L.CheckUserData(1).Value.(interp.Sized)
			L.Push(glua.LNumber(o.Len()))
			return 1
		}))
	}
	return mt
}

func (in *Interp) objectText(v any) string {
	switch o := v.(type) {
	case interp.Shower:
		return o.Show()
	case interp.Object:
		return "<" + o.TypeName() + ">"
	}
	return "<object>"
}

func (in *Interp) checkObject(L *glua.LState) interp.Object {
	o, ok := L.CheckUserData(1).Value.(interp.Object)
	if !ok {
		L.ArgError(1, "object expected")
	}
	return o
}

func (in *Interp) objectIndex(L *glua.LState) int {
	o, name := in.checkObject(L), L.CheckString(2)
	v, ok := o.Attr(goName(name))
	if !ok {
		if u, can := o.(interp.Unpacker); can && name == "unpack" {
			L.Push(in.unpacker(o, u))
			return 1
		}
		known := o.AttrNames()
		for i := range known {
			known[i] = luaName(known[i])
		}
		in.throw(L, value.Errorf(value.KindError, "%s has no attribute %s%s", o.TypeName(), name, interp.Hint(name, known, "it has")))
	}
	if f, isFunc := v.(*interp.Func); isFunc {
		L.Push(in.method(f, o, "a method of "+o.TypeName()))
		return 1
	}
	L.Push(in.toLua(v))
	return 1
}

func (in *Interp) unpacker(o interp.Object, u interp.Unpacker) *glua.LFunction {
	f := &interp.Func{Name: "unpack"}
	return in.bound(&binding{fn: f, self: o, what: "a method of " + o.TypeName()}, func(L *glua.LState) int {
		items, err := u.Unpack()
		if err != nil {
			in.throw(L, err)
		}
		return in.push(L, value.Tuple(items), true)
	})
}

func (in *Interp) objectSet(L *glua.LState) int {
	o, name := in.checkObject(L), L.CheckString(2)
	set, ok := o.(interp.AttrSetter)
	if !ok {
		in.throw(L, value.Errorf(value.KindError, "%s: attribute %s cannot be set", o.TypeName(), name))
	}
	v, err := in.fromLua(L.Get(3), name)
	if err == nil {
		err = set.SetAttr(interp.WithCaller(in.threadOf(L).ctx, in), goName(name), v)
	}
	if err != nil {
		in.throw(L, err)
	}
	return 0
}

func (in *Interp) objectEq(L *glua.LState) int {
	L.Push(glua.LBool(sameObject(L.CheckUserData(1).Value, L.CheckUserData(2).Value)))
	return 1
}

// objectNext is the iterator of "for x in obj do".
func (in *Interp) objectNext(L *glua.LState) int {
	o, ok := L.CheckUserData(1).Value.(interp.Iterable)
	if !ok {
		L.ArgError(1, "iterable expected")
	}
	t := in.threadOf(L)
	s := &site{t: t, L: L}
	s.Unlock()
	v, more, err := func() (value.Value, bool, error) {
		defer s.Lock()
		return o.Next(t.ctx)
	}()
	switch {
	case err != nil:
		in.throw(L, err)
	case !more:
		L.Push(glua.LNil)
	default:
		L.Push(in.inner(v))
	}
	return 1
}
