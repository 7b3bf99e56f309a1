package template

import "github.com/mitoscript/mitoscript/mitogen/value"

type forStmt struct {
	line
	target    target
	items     expr
	condition expr
	body      []stmt
	otherwise []stmt
}

func (f *forStmt) exec(s *state) error {
	v, err := s.value(f.items)
	if err != nil {
		return err
	}
	items, err := s.iterate(v)
	if err != nil {
		return err
	}
	if f.condition != nil {
		if items, err = f.filter(s, items); err != nil {
			return err
		}
	}
	if len(items) == 0 {
		return s.inner().exec(f.otherwise)
	}
	outer, _ := s.scope.get("loop")
	l := &loop{items: items, depth: 1}
	if o, ok := outer.(*loop); ok {
		l.depth = o.depth + 1
	}
	for i, it := range items {
		if err := s.step(); err != nil {
			return err
		}
		in := s.inner()
		l.index = i
		in.scope.set("loop", l)
		if err := f.target.assign(in, it); err != nil {
			return err
		}
		if err := in.exec(f.body); err != nil {
			return err
		}
	}
	return nil
}

func (f *forStmt) filter(s *state, items []value.Value) ([]value.Value, error) {
	var out []value.Value
	for _, it := range items {
		if err := s.step(); err != nil {
			return nil, err
		}
		in := s.inner()
		if err := f.target.assign(in, it); err != nil {
			return nil, err
		}
		yes, err := in.truth(f.condition)
		if err != nil {
			return nil, err
		}
		if yes {
			out = append(out, it)
		}
	}
	return out, nil
}

// loop is the variable of that name inside a for.
type loop struct {
	items   []value.Value
	index   int
	depth   int
	changed value.Value
	asked   bool // changed holds the last argument of loop.changed
}

// TypeName is what error texts call it.
func (*loop) TypeName() string { return "loop" }

func (l *loop) attr(name string) (value.Value, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return int64(l.index + 1), true
	case "index0":
		return int64(l.index), true
	case "revindex":
		return int64(n - l.index), true
	case "revindex0":
		return int64(n - l.index - 1), true
	case "first":
		return l.index == 0, true
	case "last":
		return l.index == n-1, true
	case "length":
		return int64(n), true
	case "depth":
		return int64(l.depth), true
	case "depth0":
		return int64(l.depth - 1), true
	case "previtem":
		if l.index > 0 {
			return l.items[l.index-1], true
		}
	case "nextitem":
		if l.index+1 < n {
			return l.items[l.index+1], true
		}
	case "cycle":
		return method{"loop.cycle", l, function{params: []string{"*"}, impl: func(c *call) (value.Value, error) {
			if len(c.rest) == 0 {
				return nil, c.fail("no values are given")
			}
			return c.rest[l.index%len(c.rest)], nil
		}}}, true
	case "changed":
		return method{"loop.changed", l, function{params: []string{"*"}, impl: func(c *call) (value.Value, error) {
			now := value.List(c.rest)
			unchanged, err := equal(l.changed, now)
			changed := !l.asked || !unchanged
			l.changed, l.asked = now, true
			return changed, err
		}}}, true
	}
	return nil, false
}
