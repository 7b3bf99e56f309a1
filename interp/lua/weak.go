package lua

import (
	"weak"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
)

// weakCache gives the userdata of an object as long as a script has it, so that
// one object is one key of tables.
type weakCache struct {
	m     map[any]weak.Pointer[glua.LUserData]
	sweep int
}

func (c *weakCache) get(key any) *glua.LUserData {
	if p, ok := c.m[key]; ok {
		return p.Value()
	}
	return nil
}

func (c *weakCache) put(key any, ud *glua.LUserData) {
	if c.m == nil {
		c.m, c.sweep = map[any]weak.Pointer[glua.LUserData]{}, 64
	}
	if len(c.m) >= c.sweep {
		for k, p := range c.m {
			if p.Value() == nil {
				delete(c.m, k)
			}
		}
		c.sweep = max(64, 2*len(c.m))
	}
	c.m[key] = weak.Make(ud)
}

// functionMarks keeps the marks of functions as long as they live.
type functionMarks struct {
	m     map[weak.Pointer[glua.LFunction]]interp.Marks
	sweep int
}

func (n *functionMarks) get(fn *glua.LFunction) interp.Marks {
	if len(n.m) == 0 {
		return 0
	}
	return n.m[weak.Make(fn)]
}

func (n *functionMarks) add(fn *glua.LFunction, marks interp.Marks) {
	if n.m == nil {
		n.m, n.sweep = map[weak.Pointer[glua.LFunction]]interp.Marks{}, 256
	}
	if len(n.m) >= n.sweep {
		for p := range n.m {
			if p.Value() == nil {
				delete(n.m, p)
			}
		}
		n.sweep = max(256, 2*len(n.m))
	}
	n.m[weak.Make(fn)] |= marks
}
