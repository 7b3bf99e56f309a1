package template

import (
	"fmt"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

type (
	// parameter is one of a macro's.
	parameter struct {
		name string
		def  expr // nil if it has no default
	}
	macroStmt struct {
		line
		name   string
		params []parameter
		body   []stmt
	}
	callStmt struct {
		line
		params []parameter
		call   *callExpr
		body   []stmt
	}
)

func (m *macroStmt) exec(s *state) error {
	s.scope.set(m.name, &macro{name: m.name, params: m.params, body: m.body, in: s})
	return nil
}

// exec calls a macro that reaches the block as caller().
func (c *callStmt) exec(s *state) error {
	caller := &macro{name: "caller", params: c.params, body: c.body, in: s}
	fn, err := s.value(c.call.fn)
	if err != nil {
		return err
	}
	m, ok := fn.(*macro)
	if !ok {
		return fail("call: %s is no macro", typeName(fn))
	}
	args, named, err := c.call.args.evaluate(s)
	if err != nil {
		return err
	}
	v, err := m.call(s, args, append(named, value.Field{Name: "caller", Value: caller}))
	if err != nil {
		return err
	}
	text, err := s.text(v)
	if err != nil {
		return err
	}
	return s.write(text)
}

// macro is a macro's value: it sees the names of where it stands.
type macro struct {
	name   string
	params []parameter
	body   []stmt
	in     *state
}

// TypeName is what error texts call it.
func (*macro) TypeName() string { return "macro" }

func (m *macro) attr(name string) (value.Value, bool) { return m.name, name == "name" }

func (m *macro) call(s *state, args []value.Value, named []value.Field) (value.Value, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	in := m.in.inner()
	if err := m.bind(in, args, named); err != nil {
		return nil, err
	}
	return in.capture(m.body)
}

func (m *macro) bind(in *state, args []value.Value, named []value.Field) error {
	given := map[string]bool{}
	set := func(name string, v value.Value) {
		if u, ok := v.(undefined); ok && name != u.name {
			v = undefined{name: u.name, line: u.line, hint: "it was given as " + name}
		}
		given[name] = true
		in.scope.set(name, v)
	}
	rest := value.Tuple{}
	for i, a := range args {
		if i < len(m.params) {
			set(m.params[i].name, a)
		} else {
			rest = append(rest, a)
		}
	}
	more := &value.Dict{}
	for _, f := range named {
		known := f.Name == "caller"
		for _, p := range m.params {
			known = known || p.name == f.Name
		}
		switch {
		case given[f.Name]:
			return fail("macro %s: got several values for %s", m.name, f.Name)
		case known:
			set(f.Name, f.Value)
		default:
			more.Append(f.Name, f.Value)
		}
	}
	if err := allDefined(rest, nil); err != nil {
		return err
	}
	in.scope.set("varargs", rest)
	in.scope.set("kwargs", more)
	for _, p := range m.params {
		if given[p.name] {
			continue
		}
		var v value.Value = undefined{name: p.name, hint: fmt.Sprintf("macro %s was not given it", m.name)}
		if p.def != nil {
			var err error
			if v, err = in.value(p.def); err != nil {
				return err
			}
		}
		in.scope.set(p.name, v)
	}
	return nil
}
