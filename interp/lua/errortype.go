package lua

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// errorMeta is the metatable of error values.
func (in *Interp) errorMeta() *glua.LTable {
	mt := in.newMeta(func(v any) string { return v.(*value.Error).Error() })
	isA := in.root.NewFunction(func(L *glua.LState) int {
		e, ok := L.CheckUserData(1).Value.(*value.Error)
		L.Push(glua.LBool(ok && e.IsA(value.Kind(L.CheckString(2)))))
		return 1
	})
	in.setIndex(mt, func(_ *glua.LState, ud *glua.LUserData, name string) (glua.LValue, bool) {
		if name == "is_a" {
			return isA, true
		}
		v, ok := errorAttr(ud.Value.(*value.Error), goName(name))
		return in.toLua(v), ok
	})
	in.setEq(mt, func(a, b any) bool { return a == b })
	return mt
}

func errorAttr(e *value.Error, name string) (value.Value, bool) {
	switch name {
	case "kind":
		return string(e.Kind), true
	case "message":
		return e.Message, true
	case "context":
		if e.Context == "" {
			return nil, true
		}
		return e.Context, true
	case "traceback":
		frames := make(value.List, len(e.Traceback))
		for i, f := range e.Traceback {
			frames[i] = f.String()
		}
		return frames, true
	case "cause", "cause_kind":
		if e.Cause == nil {
			return nil, true
		}
		if name == "cause" {
			return e.Cause, true
		}
		return string(e.Cause.Kind), true
	}
	for _, a := range e.Attrs {
		if a.Name == name {
			return a.Value, true
		}
	}
	if name == "attrs" {
		d := value.NewDict(len(e.Attrs))
		for _, a := range e.Attrs {
			d.Append(a.Name, a.Value)
		}
		return d, true
	}
	return nil, false
}
