package lua

import (
	"math/big"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// types are the metatables of userdata.
type types struct {
	// ours are all of them: userdata with another metatable is not a value.
	ours map[*glua.LTable]bool

	null                                              *glua.LUserData
	err, bigint, blob, secret, time, duration, opaque *glua.LTable
	objects                                           [4]*glua.LTable
	objectIndex, objectSet, objectEq                  *glua.LFunction
}

func newTypes(in *Interp) *types {
	ty := &types{ours: map[*glua.LTable]bool{}}
	in.types = ty
	ty.objectIndex = in.root.NewFunction(in.objectIndex)
	ty.objectSet = in.root.NewFunction(in.objectSet)
	ty.objectEq = in.root.NewFunction(in.objectEq)
	for bits := range ty.objects {
		ty.objects[bits] = in.objectMeta(bits)
	}
	ty.null = in.userdata(nil, in.newMeta(func(any) string { return "null" }))
	ty.err = in.errorMeta()
	ty.bigint = in.bigMeta()
	ty.time, ty.duration = in.timeMeta(), in.durationMeta()
	ty.blob, ty.secret = in.blobMeta(), in.secretMeta()
	ty.opaque = in.newMeta(func(v any) string { return value.TypeName(v) })
	ty.opaque.RawSetString("__eq", in.root.NewFunction(func(L *glua.LState) int {
		a, b := L.CheckUserData(1).Value, L.CheckUserData(2).Value
		L.Push(glua.LBool(value.Hashable(a) == nil && value.Hashable(b) == nil && a == b))
		return 1
	}))
	return ty
}

// newMeta makes a metatable whose values show themselves by text, also where
// they are joined to a string.
func (in *Interp) newMeta(text func(v any) string) *glua.LTable {
	mt := in.root.NewTable()
	in.types.ours[mt] = true
	mt.RawSetString("__tostring", in.root.NewFunction(func(L *glua.LState) int {
		L.Push(glua.LString(text(L.CheckUserData(1).Value)))
		return 1
	}))
	mt.RawSetString("__concat", in.root.NewFunction(func(L *glua.LState) int {
		a, b := L.ToStringMeta(L.Get(1)).String(), L.ToStringMeta(L.Get(2)).String()
		L.Push(glua.LString(a + b))
		return 1
	}))
	return mt
}

// setIndex gives values attributes; get returns false for those there are not.
func (in *Interp) setIndex(mt *glua.LTable, get func(L *glua.LState, ud *glua.LUserData, name string) (glua.LValue, bool)) {
	mt.RawSetString("__index", in.root.NewFunction(func(L *glua.LState) int {
		v, ok := get(L, L.CheckUserData(1), L.CheckString(2))
		if !ok {
			v = glua.LNil
		}
		L.Push(v)
		return 1
	}))
}

func (in *Interp) blobMeta() *glua.LTable {
	mt := in.newMeta(func(v any) string { return v.(value.Blob).String() })
	in.setIndex(mt, func(_ *glua.LState, ud *glua.LUserData, name string) (glua.LValue, bool) {
		return glua.LString(ud.Value.(value.Blob)), name == "bytes"
	})
	mt.RawSetString("__len", in.root.NewFunction(func(L *glua.LState) int {
		b, _ := L.CheckUserData(1).Value.(value.Blob)
		L.Push(glua.LNumber(len(b)))
		return 1
	}))
	in.setEq(mt, func(a, b any) bool { return a == b })
	return mt
}

func (in *Interp) secretMeta() *glua.LTable {
	mt := in.newMeta(func(v any) string { return v.(value.Secret).String() })
	reveal := in.root.NewFunction(func(L *glua.LState) int {
		s, ok := L.CheckUserData(1).Value.(value.Secret)
		if !ok {
			L.ArgError(1, "Secret expected")
		}
		L.Push(in.toLua(s.Reveal()))
		return 1
	})
	in.setIndex(mt, func(_ *glua.LState, _ *glua.LUserData, name string) (glua.LValue, bool) {
		return reveal, name == "reveal"
	})
	in.setEq(mt, func(a, b any) bool {
		x, ok1 := a.(value.Secret)
		y, ok2 := b.(value.Secret)
		return ok1 && ok2 && x.Text() == y.Text()
	})
	return mt
}

func (in *Interp) setEq(mt *glua.LTable, eq func(a, b any) bool) {
	mt.RawSetString("__eq", in.root.NewFunction(func(L *glua.LState) int {
		L.Push(glua.LBool(eq(L.CheckUserData(1).Value, L.CheckUserData(2).Value)))
		return 1
	}))
}

// setOrder gives values < and <=; cmp is negative, 0 or positive.
func (in *Interp) setOrder(mt *glua.LTable, cmp func(a, b any) (int, bool)) {
	order := func(holds func(c int) bool) *glua.LFunction {
		return in.root.NewFunction(func(L *glua.LState) int {
			c, ok := cmp(L.CheckUserData(1).Value, L.CheckUserData(2).Value)
			if !ok {
				L.RaiseError("attempt to compare two values of different types")
			}
			L.Push(glua.LBool(holds(c)))
			return 1
		})
	}
	mt.RawSetString("__lt", order(func(c int) bool { return c < 0 }))
	mt.RawSetString("__le", order(func(c int) bool { return c <= 0 }))
	in.setEq(mt, func(a, b any) bool { c, ok := cmp(a, b); return ok && c == 0 })
}

// setArithmetic binds operators; op returns false for operands that it does not take.
func (in *Interp) setArithmetic(mt *glua.LTable, op func(name string, a, b value.Value) (value.Value, bool)) {
	for _, name := range []string{"add", "sub", "mul", "div", "mod", "pow", "unm"} {
		mt.RawSetString("__"+name, in.root.NewFunction(func(L *glua.LState) int {
			a, b := in.operand(L.Get(1)), in.operand(L.Get(2))
			v, ok := op(name, a, b)
			if !ok {
				L.RaiseError("cannot perform %s operation between %s and %s", name, value.TypeName(a), value.TypeName(b))
			}
			L.Push(in.toLua(v))
			return 1
		}))
	}
}

func (in *Interp) operand(v glua.LValue) value.Value {
	if ud, ok := v.(*glua.LUserData); ok {
		return ud.Value
	}
	out, _ := in.scalar(v)
	return out
}

func (in *Interp) bigMeta() *glua.LTable {
	mt := in.newMeta(func(v any) string { return v.(*big.Int).String() })
	in.setOrder(mt, func(a, b any) (int, bool) {
		x, ok1 := a.(*big.Int)
		y, ok2 := b.(*big.Int)
		if !ok1 || !ok2 {
			return 0, false
		}
		return x.Cmp(y), true
	})
	in.setArithmetic(mt, bigOp)
	return mt
}

// bigOp computes with integers of any size; a fraction makes it floating point,
// as does division.
func bigOp(name string, a, b value.Value) (value.Value, bool) {
	x, ok1 := toBig(a)
	if name == "unm" {
		return value.Int(new(big.Int).Neg(x)), ok1
	}
	y, ok2 := toBig(b)
	if !ok1 || !ok2 || name == "div" || (name == "pow" && (y.Sign() < 0 || y.BitLen() > 20)) {
		return floatOp(name, a, b)
	}
	z := new(big.Int)
	switch name {
	case "add":
		z.Add(x, y)
	case "sub":
		z.Sub(x, y)
	case "mul":
		z.Mul(x, y)
	case "mod":
		if y.Sign() == 0 {
			return nil, false
		}
		z.Mod(x, y)
		if y.Sign() < 0 && z.Sign() != 0 {
			z.Add(z, y)
		}
	case "pow":
		z.Exp(x, y, nil)
	}
	return value.Int(z), true
}

func toBig(v value.Value) (*big.Int, bool) {
	switch v := v.(type) {
	case int64:
		return big.NewInt(v), true
	case *big.Int:
		return v, true
	}
	return new(big.Int), false
}
