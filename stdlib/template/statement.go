package template

import (
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// stmt is a node that writes or sets something.
type stmt interface {
	exec(s *state) error
	at() int
}

// line is where a statement begins.
type line int

func (l line) at() int { return int(l) }

type (
	textStmt struct {
		line
		text string
	}
	outputStmt struct {
		line
		e expr
	}
	ifStmt struct {
		line
		branches []branch
	}
	// branch is one of if, elif or else; test is nil for else.
	branch struct {
		line
		test expr
		body []stmt
	}
	setStmt struct {
		line
		target target
		e      expr   // nil: the block's text
		body   []stmt // of {% set x %}…{% endset %}
		filter *filterExpr
	}
	withStmt struct {
		line
		targets []target
		values  []expr
		body    []stmt
	}
	filterStmt struct {
		line
		filter *filterExpr
		body   []stmt
	}
	doStmt struct {
		line
		e expr
	}
	includeStmt struct {
		line
		path          expr
		ignoreMissing bool
	}
)

func (t *textStmt) exec(s *state) error { return s.write(t.text) }

func (o *outputStmt) exec(s *state) error {
	v, err := o.e.eval(s)
	if err != nil {
		return err
	}
	text, err := s.text(v)
	if err != nil {
		return err
	}
	return s.write(text)
}

func (i *ifStmt) exec(s *state) error {
	for _, b := range i.branches {
		yes := b.test == nil
		if !yes {
			var err error
			if yes, err = s.truth(b.test); err != nil {
				return place(err, s.template.name, b.at())
			}
		}
		if yes {
			return s.exec(b.body)
		}
	}
	return nil
}

func (t *setStmt) exec(s *state) error {
	if t.e != nil {
		v, err := s.value(t.e)
		if err != nil {
			return err
		}
		return t.target.assign(s, v)
	}
	v, err := filtered(s.inner(), t.body, t.filter)
	if err != nil {
		return err
	}
	return t.target.assign(s, v)
}

// filtered gives the text of a body, through a filter if there is one.
func filtered(s *state, body []stmt, f *filterExpr) (value.Value, error) {
	text, err := s.capture(body)
	if err != nil || f == nil {
		return text, err
	}
	return f.from(text).eval(s)
}

// from is the chain of filters over a text in the place of its innermost operand.
func (f *filterExpr) from(text string) *filterExpr {
	c := *f
	if inner, ok := f.in.(*filterExpr); ok {
		c.in = inner.from(text)
	} else {
		c.in = constant{text}
	}
	return &c
}

func (w *withStmt) exec(s *state) error {
	in := s.inner()
	for i, t := range w.targets {
		v, err := s.value(w.values[i])
		if err == nil {
			err = t.assign(in, v)
		}
		if err != nil {
			return err
		}
	}
	return in.exec(w.body)
}

func (f *filterStmt) exec(s *state) error {
	v, err := filtered(s.inner(), f.body, f.filter)
	if err != nil {
		return err
	}
	text, err := s.text(v)
	if err != nil {
		return err
	}
	return s.write(text)
}

func (d *doStmt) exec(s *state) error {
	_, err := s.value(d.e)
	return err
}

func (i *includeStmt) exec(s *state) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	t, err := s.loadAt(i.path, "include", i.at())
	if err != nil {
		if i.ignoreMissing && isMissing(err) {
			return nil
		}
		return err
	}
	return s.inner().renderTree(t)
}

// target is what set and for assign to: a name, ns.name or several.
type target struct {
	name string
	attr string // of the namespace called name
	many []target
}

func (t *target) assign(s *state, v value.Value) error {
	if t.many != nil {
		items, err := s.iterate(v)
		if err != nil {
			return err
		}
		if len(items) != len(t.many) {
			return fail("cannot unpack %d values into %d names", len(items), len(t.many))
		}
		for i := range t.many {
			if err := t.many[i].assign(s, items[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if t.attr == "" {
		s.scope.set(t.name, v)
		return nil
	}
	owner, _ := s.scope.get(t.name)
	ns, ok := owner.(*namespace)
	if !ok {
		return fail("cannot set %s.%s: %s is no namespace", t.name, t.attr, t.name)
	}
	ns.names.set(t.attr, v)
	return nil
}

// namespace is what namespace() makes: attributes that inner scopes may set.
type namespace struct{ names scope }

// TypeName is what error texts call it.
func (*namespace) TypeName() string { return "namespace" }

func (n *namespace) attr(name string) (value.Value, bool) { return n.names.get(name) }
