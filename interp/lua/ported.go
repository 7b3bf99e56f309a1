package lua

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// maxPorted is how many captured functions are kept.
const maxPorted = 512

// dep is a variable as it was when a function was captured, or the marks of a function.
type dep struct {
	env   *glua.LTable
	name  string
	cell  *glua.Upvalue
	val   glua.LValue
	fn    *glua.LFunction
	marks interp.Marks
}

func (d *dep) holds(in *Interp) bool {
	switch {
	case d.fn != nil:
		return in.flags.get(d.fn) == d.marks
	case d.cell != nil:
		return d.cell.Value() == d.val
	}
	return lookup(d.env, d.name) == d.val
}

// ported is the form of a function that refers to nothing that changes in place.
type ported struct {
	form *value.Func
	deps []dep
}

type portCache struct{ m map[*glua.LFunction]*ported }

func (p *portCache) get(in *Interp, fn *glua.LFunction) *value.Func {
	e := p.m[fn]
	if e == nil {
		return nil
	}
	for i := range e.deps {
		if !e.deps[i].holds(in) {
			return nil
		}
	}
	return e.form
}

func (p *portCache) put(fn *glua.LFunction, e *ported) {
	if p.m == nil || len(p.m) >= maxPorted {
		p.m = map[*glua.LFunction]*ported{}
	}
	p.m[fn] = e
}
