package lua

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// makeStruct is struct{a=1}: a record of those fields, in their order.
func (in *Interp) makeStruct(L *glua.LState) int {
	if L.GetTop() > 1 {
		in.throw(L, value.Errorf(value.KindError, "struct: takes one table, as in struct{a=1}, got %d arguments", L.GetTop()))
	}
	out := L.NewTable()
	var names []string
	if L.GetTop() == 1 {
		fields := L.CheckTable(1)
		for k, v := fields.Next(glua.LNil); k != glua.LNil; k, v = fields.Next(k) { // in order, as ForEach is not
			name, ok := k.(glua.LString)
			if !ok {
				in.throw(L, value.Errorf(value.KindError, "struct: the name of a field is a string, got %s", in.keyText(k)))
			}
			names = append(names, goName(string(name)))
			if v != in.types.null { // as in every record, so that it is false in a condition
				out.RawSetString(string(name), v)
			}
		}
	}
	out.Metatable = in.marks.structMeta(L, "struct", names)
	L.Push(out)
	return 1
}
