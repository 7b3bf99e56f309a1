package lua

import (
	"math/big"
	"time"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// maxExact is the largest whole number up to which every one is a Lua number.
const maxExact = 1 << 53

// toLua converts v; null is nil.
func (in *Interp) toLua(v value.Value) glua.LValue {
	switch v := v.(type) {
	case nil:
		return glua.LNil
	case bool:
		return glua.LBool(v)
	case int64:
		return in.number(v)
	case float64:
		return glua.LNumber(v)
	case string:
		return glua.LString(v)
	case value.Bytes:
		return glua.LString(v)
	case value.List:
		return in.sequence(v, in.marks.list)
	case value.Tuple:
		return in.sequence(v, in.marks.tuple)
	case *value.Set:
		return in.sequence(v.Items(), in.marks.set)
	case *value.Dict:
		return in.dict(v)
	case *value.Struct:
		return in.record(v)
	case *Function:
		if v.in == in {
			return v.fn
		}
		return in.foreign(v)
	case held:
		if v.in == in {
			return v.t
		}
	case interp.Callable:
		return in.foreign(v)
	case *interp.Func:
		return in.function(v)
	case *interp.Module:
		return in.moduleTable(v)
	case stateHandle:
		return in.names.values[stateName]
	case interp.Folded:
		t := in.dict(v.Dict())
		t.Metatable = in.marks.folded
		return t
	case interp.Held:
		if plain, err := v.Value(); err == nil {
			return in.toLua(plain)
		}
	case interp.Object:
		return in.object(v)
	case value.ContextRef, value.SenderRef:
		if in.host.Bind != nil {
			if o, ok := in.host.Bind(v); ok {
				return in.object(o)
			}
		}
	}
	return in.plainUserdata(v)
}

// inner converts a value inside a container, where null is mitogen.null.
func (in *Interp) inner(v value.Value) glua.LValue {
	if v == nil {
		return in.types.null
	}
	return in.toLua(v)
}

func (in *Interp) number(i int64) glua.LValue {
	if i > maxExact || i < -maxExact {
		return in.userdata(big.NewInt(i), in.types.bigint)
	}
	return glua.LNumber(i)
}

func (in *Interp) sequence(items []value.Value, mt *glua.LTable) *glua.LTable {
	t := in.root.CreateTable(len(items), 0)
	for i, it := range items {
		t.RawSetInt(i+1, in.inner(it))
	}
	t.Metatable = mt
	return t
}

func (in *Interp) dict(d *value.Dict) *glua.LTable {
	t := in.root.CreateTable(0, d.Len())
	keys := make([]glua.LValue, 0, d.Len())
	for _, it := range d.Items() {
		k := in.inner(it.Key)
		keys = append(keys, k)
		t.RawSet(k, in.inner(it.Value))
	}
	t.Metatable = in.marks.dictMeta(in.root, keys)
	return t
}

// record makes a table of a struct; its null fields are absent, so that they
// are false in a condition.
func (in *Interp) record(s *value.Struct) glua.LValue {
	if o, ok := in.host.Whole(s); ok {
		return in.toLua(o)
	}
	t := in.root.CreateTable(0, len(s.Fields))
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
		v := in.toLua(f.Value)
		if fn, ok := f.Value.(*interp.Func); ok {
			v = in.method(fn, t, "a method of "+s.Name)
		}
		t.RawSetString(luaName(f.Name), v)
	}
	t.Metatable = in.marks.structMeta(in.root, s.Name, names)
	return t
}

// keywords makes the plain table in which a Lua function gets keyword arguments.
func (in *Interp) keywords(kwargs []value.Field) *glua.LTable {
	t := in.root.CreateTable(0, len(kwargs))
	for _, kw := range kwargs {
		t.RawSetString(kw.Name, in.toLua(kw.Value))
	}
	return t
}

func (in *Interp) plainUserdata(v value.Value) glua.LValue {
	switch v := v.(type) {
	case *big.Int:
		return in.userdata(v, in.types.bigint)
	case value.Blob:
		return in.userdata(v, in.types.blob)
	case value.Secret:
		return in.userdata(v, in.types.secret)
	case time.Time:
		return in.userdata(v, in.types.time)
	case time.Duration:
		return in.userdata(v, in.types.duration)
	case *value.Error:
		return in.userdata(v, in.types.err)
	}
	return in.userdata(v, in.types.opaque)
}

func (in *Interp) userdata(v any, mt *glua.LTable) *glua.LUserData {
	return &glua.LUserData{Value: v, Env: in.root.Env, Metatable: mt}
}

// luaName is the name under which Lua knows an attribute: its own words get an
// underscore.
func luaName(name string) string {
	if isWord(name) {
		return name + "_"
	}
	return name
}

// goName undoes luaName.
func goName(name string) string {
	if n := len(name) - 1; n > 0 && name[n] == '_' && isWord(name[:n]) {
		return name[:n]
	}
	return name
}

func isWord(s string) bool {
	switch s {
	case "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
		"local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while":
		return true
	}
	return false
}
