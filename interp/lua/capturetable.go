package lua

import (
	"strconv"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp/ship"
)

// maxGraphDepth is how deep tables may stand inside each other.
const maxGraphDepth = 100000

func (c *capture) table(t *glua.LTable) (ship.Ref, error) {
	c.volatile = true
	if m := c.in.returned[t]; m != nil {
		return c.add(t, &ship.ModuleRef{Module: m.shipped(nil)}), nil
	}
	if c.depth++; c.depth > maxGraphDepth {
		return ship.None, c.refuse("tables nested so deeply")
	}
	defer func() { c.depth-- }()
	switch k := c.in.marks.of(t); k {
	case markStruct:
		return c.record(t)
	case markNone, markForeign:
		n := &ship.Map{Kind: ship.Table, Meta: ship.None}
		ref := c.add(t, n)
		if err := c.entries(t, n); err != nil {
			return ship.None, err
		}
		mt, ok := t.Metatable.(*glua.LTable)
		if !ok {
			return ref, nil
		}
		meta, err := c.step(" → metatable", func() (ship.Ref, error) { return c.value(mt) })
		n.Meta = meta
		return ref, err
	default:
		return c.marked(t, k)
	}
}

// marked adds a table that is known by its mark: its metatable is everywhere.
func (c *capture) marked(t *glua.LTable, k mark) (ship.Ref, error) {
	n := &ship.Map{Kind: ship.Table}
	ref := c.add(t, n)
	name := markName(k)
	meta, ok := c.refs[name]
	if !ok {
		meta = c.add(name, &ship.Builtin{Name: string(name)})
	}
	n.Meta = meta
	return ref, c.entries(t, n)
}

// markName is the builtin name of a mark's metatable.
type markedAs string

func markName(k mark) markedAs { return markedAs("mark." + strconv.Itoa(int(k))) }

func (c *capture) entries(t *glua.LTable, n *ship.Map) error {
	for _, k := range c.in.marks.keysOf(t) {
		if err := c.entry(n, k, t.RawGet(k)); err != nil {
			return err
		}
	}
	return nil
}

func (c *capture) entry(n *ship.Map, k, v glua.LValue) error {
	key, err := c.step(fieldStep(k), func() (ship.Ref, error) { return c.value(k) })
	if err != nil {
		return err
	}
	val, err := c.step(fieldStep(k), func() (ship.Ref, error) { return c.value(v) })
	if err != nil {
		return err
	}
	n.Keys, n.Vals = append(n.Keys, key), append(n.Vals, val)
	return nil
}

func fieldStep(k glua.LValue) string {
	if s, ok := k.(glua.LString); ok {
		return "[" + strconv.Quote(string(s)) + "]"
	}
	return "[" + k.String() + "]"
}

// record adds a struct: all its fields, also those that are null.
func (c *capture) record(t *glua.LTable) (ship.Ref, error) {
	s := c.in.marks.structs[t.Metatable.(*glua.LTable)]
	n := &ship.Map{Kind: ship.Struct, Name: s.name, Meta: ship.None}
	ref := c.add(t, n)
	for _, f := range s.fields {
		key, err := c.value(glua.LString(f))
		if err != nil {
			return ship.None, err
		}
		v := t.RawGetString(luaName(f))
		if v == glua.LNil {
			v = c.in.types.null
		}
		val, err := c.step(fieldStep(glua.LString(f)), func() (ship.Ref, error) { return c.value(v) })
		if err != nil {
			return ship.None, err
		}
		n.Keys, n.Vals = append(n.Keys, key), append(n.Vals, val)
	}
	return ref, nil
}
