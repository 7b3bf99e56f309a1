package lua

import (
	"math"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// mark says what a table was before it was converted to Lua.
type mark uint8

const (
	markNone mark = iota
	markList
	markTuple
	markSet
	markDict
	markStruct
	markKwargs
	markForeign // a metatable that is not ours
)

// marks are the metatables by which converted tables are known.
type marks struct {
	list, tuple, set, dict, folded, kwargs *glua.LTable

	kinds  map[*glua.LTable]mark
	shapes map[string]*glua.LTable
	// structs give the name and the fields of a struct's metatable: fields that
	// are null are absent from the table.
	structs map[*glua.LTable]*shape
}

type shape struct {
	name   string
	fields []string
}

func newMarks(L *glua.LState) *marks {
	m := &marks{kinds: map[*glua.LTable]mark{}, shapes: map[string]*glua.LTable{}, structs: map[*glua.LTable]*shape{}}
	add := func(k mark) *glua.LTable {
		t := L.NewTable()
		m.kinds[t] = k
		return t
	}
	m.list, m.tuple, m.set = add(markList), add(markTuple), add(markSet)
	m.dict, m.folded, m.kwargs = add(markDict), add(markDict), add(markKwargs)
	// A set lists its members and answers to them: s["x"] is true.
	m.set.RawSetString("__index", L.NewFunction(setHas))
	m.folded.RawSetString("__index", L.NewFunction(foldedIndex))
	return m
}

// foldedIndex finds the value of a name in another case.
func foldedIndex(L *glua.LState) int {
	t := L.CheckTable(1)
	var found glua.LValue = glua.LNil
	if name, ok := L.Get(2).(glua.LString); ok {
		t.ForEach(func(k, v glua.LValue) {
			if s, ok := k.(glua.LString); ok && strings.EqualFold(string(s), string(name)) {
				found = v
			}
		})
	}
	L.Push(found)
	return 1
}

func setHas(L *glua.LState) int {
	t, key := L.CheckTable(1), L.Get(2)
	for i := 1; i <= t.Len(); i++ {
		if L.RawEqual(t.RawGetInt(i), key) {
			L.Push(glua.LTrue)
			return 1
		}
	}
	L.Push(glua.LNil)
	return 1
}

// of returns the mark of t.
func (m *marks) of(t *glua.LTable) mark {
	if t.Metatable == nil || t.Metatable == glua.LNil {
		return markNone
	}
	mt, ok := t.Metatable.(*glua.LTable)
	if !ok {
		return markForeign
	}
	if k, ok := m.kinds[mt]; ok {
		return k
	}
	if m.orderOf(t) != nil {
		return markDict
	}
	return markForeign
}

// orderField is the field of a dict's own metatable that keeps the order of its
// keys. A Lua table has whole numbers in front of all other keys.
const orderField = "\x00order"

// ordered makes the metatable of a dict with whole numbers among its keys.
func (m *marks) ordered(L *glua.LState, keys []glua.LValue) *glua.LTable {
	mt := L.NewTable()
	mt.RawSetString(orderField, &glua.LUserData{Value: keys})
	return mt
}

// orderOf returns the keys of such a dict in their order, nil for other tables.
func (m *marks) orderOf(t *glua.LTable) []glua.LValue {
	mt, ok := t.Metatable.(*glua.LTable)
	if !ok {
		return nil
	}
	ud, ok := mt.RawGetString(orderField).(*glua.LUserData)
	if !ok {
		return nil
	}
	keys, _ := ud.Value.([]glua.LValue)
	return keys
}

// keysOf lists the keys of t: a dict's in their order, others as Lua has them.
func (m *marks) keysOf(t *glua.LTable) []glua.LValue {
	var keys []glua.LValue
	order := m.orderOf(t)
	done := make(map[glua.LValue]bool, len(order))
	for _, k := range order {
		done[k] = true
		if t.RawGet(k) != glua.LNil {
			keys = append(keys, k)
		}
	}
	for k, _ := t.Next(glua.LNil); k != glua.LNil; k, _ = t.Next(k) {
		if !done[k] {
			keys = append(keys, k)
		}
	}
	return keys
}

// dictMeta is the metatable of a dict with those keys. Lua has whole numbers first,
// from the lowest up, and all else as it was set.
func (m *marks) dictMeta(L *glua.LState, keys []glua.LValue) *glua.LTable {
	numbers, rising, last := 0, true, glua.LNumber(0)
	for _, k := range keys {
		if n, ok := k.(glua.LNumber); ok && n == glua.LNumber(math.Trunc(float64(n))) {
			numbers, rising, last = numbers+1, rising && n > last, n
		}
	}
	if numbers > 0 && (numbers < len(keys) || !rising) {
		return m.ordered(L, keys)
	}
	return m.dict
}

// structMeta returns the metatable of structs of that name and those fields.
func (m *marks) structMeta(L *glua.LState, name string, fields []string) *glua.LTable {
	key := name + "\x00" + strings.Join(fields, "\x00")
	if t, ok := m.shapes[key]; ok {
		return t
	}
	t := L.NewTable()
	m.kinds[t] = markStruct
	m.shapes[key] = t
	s := &shape{name, append([]string(nil), fields...)}
	m.structs[t] = s
	t.RawSetString("__tostring", L.NewFunction(func(L *glua.LState) int {
		L.Push(glua.LString(s.show(L, L.CheckTable(1))))
		return 1
	}))
	return t
}

func (s *shape) show(L *glua.LState, t *glua.LTable) string {
	parts := make([]string, len(s.fields))
	for i, f := range s.fields {
		parts[i] = f + " = " + L.ToStringMeta(t.RawGetString(f)).String()
	}
	return s.name + "(" + strings.Join(parts, ", ") + ")"
}
