package lua

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp/ship"
)

// added lists the functions and tables that the script put into a predeclared table:
// function string.trim(s) … end. mitogen.state belongs to its context, and _G is
// captured by its variables.
func (b *builtins) added(t *glua.LTable, name string) []glua.LValue {
	switch name {
	case stateName, "_G", "package":
		return nil
	}
	var keys []glua.LValue
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		key, ok := k.(glua.LString)
		if !ok {
			continue
		}
		switch v.(type) {
		case *glua.LFunction, *glua.LTable:
			if b.values[name+"."+goName(string(key))] != v {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// named adds what every context has under the same name. A table that the script
// added to goes as a table of what it added, which finds the rest in the child's.
func (c *capture) named(v glua.LValue, name string) (ship.Ref, error) {
	t, ok := v.(*glua.LTable)
	if !ok {
		return c.add(v, &ship.Builtin{Name: name}), nil
	}
	keys := c.in.names.added(t, name)
	if len(keys) == 0 {
		return c.add(v, &ship.Builtin{Name: name}), nil
	}
	c.volatile = true
	meta := &ship.Map{Kind: ship.Table, Meta: ship.None}
	n := &ship.Map{Kind: ship.Table}
	ref := c.add(v, n)
	n.Meta = c.add(nil, meta)
	index, err := c.value(glua.LString("__index"))
	if err != nil {
		return ship.None, err
	}
	meta.Keys, meta.Vals = []ship.Ref{index}, []ship.Ref{c.add(nil, &ship.Builtin{Name: name})}
	for _, k := range keys {
		if err := c.entry(n, k, t.RawGet(k)); err != nil {
			return ship.None, err
		}
	}
	return ref, nil
}
