package starlark

import (
	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp/ship"
)

// moduleFor returns the library module that fn is a top-level function of, under
// its own name.
func (s *survey) moduleFor(fn *star.Function) (*library, bool) {
	u, ok := s.in.unitOf(fn)
	if !ok || u.lib == nil || !u.lib.loaded() {
		return nil, false
	}
	return u.lib, u.lib.globals[fn.Name()] == star.Value(fn)
}

// function walks what fn refers to, unless it travels by reference.
func (s *survey) function(fn *star.Function) *refusal {
	if t, ok := s.seen[fn]; ok {
		t.refs++
		return nil
	}
	t := &thing{refs: 1, ref: ship.None}
	s.seen[fn] = t
	if _, ok := s.moduleFor(fn); ok {
		return nil
	}
	u, ok := s.in.unitOf(fn)
	if !ok {
		return &refusal{what: "its source is not known"}
	}
	info, ok := u.info(fn)
	if !ok {
		return &refusal{what: "it is not a function of the script"}
	}
	t.fn = &captured{source: info.source}
	outer := s.depth
	s.depth = 0
	defer func() { s.depth = outer }()
	if bad := s.names(u, info, fn, t.fn); bad != nil {
		return bad
	}
	if bad := s.cells(info, fn, t.fn); bad != nil {
		return bad
	}
	return s.defaults(fn, t.fn)
}

func (s *survey) names(u *unit, info *funcInfo, fn *star.Function, c *captured) *refusal {
	for _, use := range info.uses {
		pos := use.pos
		if at, ok := u.globalPlace(use.name); ok && use.global {
			pos = at
		}
		v := s.lookUp(fn, use)
		if v == nil {
			return (&refusal{what: "it has no value yet"}).near(pos).inside(" → " + use.name)
		}
		s.deps = append(s.deps, dep{fn, -1, use, v})
		c.names = append(c.names, v)
		s.checkOwnName(use.name, v, info, fn, c)
		if u.lib != nil && u.lib.loaded() && use.global {
			continue // it travels as a reference to the module
		}
		if _, bad := s.walk(v); bad != nil {
			return bad.near(pos).inside(" → " + use.name)
		}
	}
	return nil
}

func (s *survey) cells(info *funcInfo, fn *star.Function, c *captured) *refusal {
	for i := range fn.NumFreeVars() {
		b, v := fn.FreeVar(i)
		if v == nil {
			return (&refusal{what: "it has no value yet"}).near(b.Pos).inside(" → " + b.Name)
		}
		s.deps = append(s.deps, dep{fn: fn, cell: i, val: v})
		c.cells = append(c.cells, v)
		s.checkOwnName(b.Name, v, info, fn, c)
		if _, bad := s.walk(v); bad != nil {
			return bad.near(b.Pos).inside(" → " + b.Name)
		}
	}
	return nil
}

func (s *survey) defaults(fn *star.Function, c *captured) *refusal {
	for i := range namedParams(fn) {
		v := fn.ParamDefault(i)
		c.defaults = append(c.defaults, v)
		if v == nil {
			continue
		}
		if _, bad := s.walk(v); bad != nil {
			name, pos := fn.Param(i)
			return bad.near(pos).inside(" → " + name)
		}
	}
	return nil
}

// checkOwnName takes the renamed slice if the function's name means something else.
func (s *survey) checkOwnName(name string, v star.Value, info *funcInfo, fn *star.Function, c *captured) {
	if name == info.name && v != star.Value(fn) {
		c.source = info.renamed
	}
}

// lookUp gives the value of a name as fn sees it, nil if it has none.
func (s *survey) lookUp(fn *star.Function, u use) star.Value {
	if !u.global {
		return fn.Module().Predeclared()[u.name]
	}
	m := fn.Module()
	g, ok := s.globals[m]
	if !ok {
		g = m.Globals()
		s.globals[m] = g
	}
	return g[u.name]
}

// unchanged reports whether the variables still have the values that were read.
func (s *survey) unchanged(deps []dep) bool {
	for _, d := range deps {
		var v star.Value
		if d.cell >= 0 {
			_, v = d.fn.FreeVar(d.cell)
		} else {
			v = s.lookUp(d.fn, d.use)
		}
		if v == nil || !identical(v, d.val) {
			return false
		}
	}
	return true
}

// identical compares values without looking into containers.
func identical(a, b star.Value) bool {
	ta, ok1 := a.(star.Tuple)
	tb, ok2 := b.(star.Tuple)
	if ok1 || ok2 {
		return ok1 && ok2 && len(ta) == len(tb) && (len(ta) == 0 || &ta[0] == &tb[0])
	}
	return a == b
}
