package template

import (
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

type (
	extendsStmt struct {
		line
		path expr
	}
	blockStmt struct {
		line
		name             string
		scoped, required bool
		body             []stmt
	}
)

// family is a template and those that it extends, as one rendering has them.
type family struct {
	// blocks are the definitions of each block, that of the template rendered
	// first; each with the template that it stands in.
	blocks map[string][]definition
	// extends is what the template at work extends; nil if nothing so far.
	extends *parsed
	root    *scope
}

type definition struct {
	block    *blockStmt
	template *parsed
}

// renderTree executes t and then, one after the other, what they extend. What a template
// writes after its extends is dropped; what it sets and its blocks count.
func (s *state) renderTree(t *parsed) error {
	c := *s
	c.family = &family{blocks: map[string][]definition{}, root: s.scope}
	c.scope.set("self", &selfValue{s: &c})
	for range maxCalls {
		for _, b := range t.blocks {
			c.family.blocks[b.name] = append(c.family.blocks[b.name], definition{b, t})
		}
		c.template, c.out, c.family.extends = t, s.out, nil
		if err := c.exec(t.body); err != nil {
			return err
		}
		if t = c.family.extends; t == nil {
			return nil
		}
	}
	return place(fail("templates extend each other more than %d times", maxCalls), t.name, 1)
}

func (e *extendsStmt) exec(s *state) error {
	if s.family.extends != nil {
		return parseFault(e.at(), "a template can extend one other")
	}
	t, err := s.loadAt(e.path, "extend", e.at())
	if err != nil {
		return err
	}
	s.family.extends, s.out = t, &strings.Builder{}
	return nil
}

// loadAt reads the template that an expression names.
func (s *state) loadAt(path expr, what string, line int) (*parsed, error) {
	v, err := s.value(path)
	if err != nil {
		return nil, err
	}
	name, ok := v.(string)
	if !ok {
		return nil, fail("%s: want the path of a template, got %s", what, typeName(v))
	}
	if s.load == nil {
		return nil, parseFault(line, "cannot %s %s: only a template from a file can", what, name)
	}
	return s.load(s.template.relative(name))
}

// exec writes the block as the template that was rendered defines it.
func (b *blockStmt) exec(s *state) error {
	if s.family.extends != nil {
		return nil // its place is in the template that is extended
	}
	in := s.scope
	if !b.scoped {
		in = s.family.root
	}
	m, err := s.blockMacro(b.name, 0, in)
	if err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	c := m.in.inner()
	c.out = s.out
	return c.exec(m.body)
}

// blockMacro is the definition of a block at a level, 0 being the one that counts,
// in which super() is that of the next level.
func (s *state) blockMacro(name string, level int, in *scope) (*macro, error) {
	defs := s.family.blocks[name]
	if level >= len(defs) {
		return nil, fail("there is no block %q", name)
	}
	d := defs[level]
	if d.block.required && level == 0 {
		return nil, fail("the block %q must be defined by the template that extends this one", name)
	}
	c := *s
	c.template = d.template
	c.scope = &scope{parent: in}
	if level+1 < len(defs) {
		next, err := s.blockMacro(name, level+1, in)
		if err != nil {
			return nil, err
		}
		next.name = "super"
		c.scope.set("super", next)
	} else {
		c.scope.set("super", undefined{name: "super", hint: "no template that is extended has the block " + name})
	}
	return &macro{name: name, body: d.block.body, in: &c}, nil
}

// selfValue gives a template's blocks as functions.
type selfValue struct{ s *state }

// TypeName is what error texts call it.
func (*selfValue) TypeName() string { return "self" }

func (v *selfValue) attr(name string) (value.Value, bool) {
	m, err := v.s.blockMacro(name, 0, v.s.family.root)
	return m, err == nil
}

func (p *parser) extendsStmt(at line) (stmt, error) {
	st := &extendsStmt{line: at}
	var err error
	if st.path, err = p.expression(); err == nil {
		err = p.end()
	}
	return st, err
}

func (p *parser) blockStmt(at line) (stmt, error) {
	st := &blockStmt{line: at}
	var err error
	if st.name, err = p.name(); err != nil {
		return nil, err
	}
	for _, b := range p.blocks {
		if b.name == st.name {
			return nil, parseFault(st.at(), "the block %q is defined twice", st.name)
		}
	}
	p.blocks = append(p.blocks, st)
	st.scoped = p.word("scoped")
	st.required = p.word("required")
	st.body, err = p.closed("endblock")
	return st, err
}
