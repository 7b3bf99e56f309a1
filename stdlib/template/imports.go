package template

import (
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

type importStmt struct {
	line
	path expr
	// as names the whole module; without it, names are taken out of it.
	as      string
	names   []imported
	context bool
}

type imported struct{ name, as string }

// exec runs the template for what it defines; what it writes is dropped.
func (i *importStmt) exec(s *state) error {
	t, err := s.loadAt(i.path, "import", i.at())
	if err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	in := *s
	in.out = &strings.Builder{}
	in.scope = &scope{parent: &s.lib.globals}
	if i.context {
		in.scope.parent = s.scope
	}
	before := s.size
	err = in.renderTree(t)
	s.size = before
	if err != nil {
		return err
	}
	m := &module{name: t.name, names: scope{names: in.scope.names}}
	if i.as != "" {
		s.scope.set(i.as, m)
	}
	for _, n := range i.names {
		v, ok := m.attr(n.name)
		if !ok {
			v = undefined{name: n.name, line: i.at(), hint: "the template " + t.name + " does not define it"}
		}
		s.scope.set(n.as, v)
	}
	return nil
}

// module is what an imported template defines.
type module struct {
	name  string
	names scope
}

// TypeName is what error texts call it.
func (*module) TypeName() string { return "module" }

func (m *module) attr(name string) (value.Value, bool) {
	if strings.HasPrefix(name, "_") || name == "self" {
		return nil, false // as in Jinja2, these are the template's own
	}
	return m.names.get(name)
}

// importStmt reads {% import "x" as y %}.
func (p *parser) importStmt(at line) (stmt, error) {
	st := &importStmt{line: at}
	var err error
	if st.path, err = p.expression(); err != nil {
		return nil, err
	}
	if err = p.expect(tokName, "as"); err != nil {
		return nil, err
	}
	if st.as, err = p.name(); err != nil {
		return nil, err
	}
	st.context, err = p.withContext()
	return st, err
}

// fromStmt reads {% from "x" import a, b as c %}.
func (p *parser) fromStmt(at line) (stmt, error) {
	st := &importStmt{line: at}
	var err error
	if st.path, err = p.expression(); err != nil {
		return nil, err
	}
	if err = p.expect(tokName, "import"); err != nil {
		return nil, err
	}
	for len(st.names) == 0 || p.op(",") {
		if t := p.peek(); len(st.names) > 0 && (t.kind == tokEnd || t.text == "with" || t.text == "without") {
			break // a comma may stand after the last
		}
		n := imported{}
		if n.name, err = p.name(); err != nil {
			return nil, err
		}
		n.as = n.name
		if p.word("as") {
			if n.as, err = p.name(); err != nil {
				return nil, err
			}
		}
		st.names = append(st.names, n)
	}
	st.context, err = p.withContext()
	return st, err
}

// withContext takes "with context" or "without context", and the tag's end.
func (p *parser) withContext() (with bool, err error) {
	with = p.word("with")
	if with || p.word("without") {
		if err := p.expect(tokName, "context"); err != nil {
			return false, err
		}
	}
	return with, p.end()
}
