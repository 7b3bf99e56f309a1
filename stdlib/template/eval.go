package template

import (
	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// expr is a node that has a value.
type expr interface {
	eval(s *state) (value.Value, error)
}

type (
	constant struct{ v value.Value }
	nameExpr struct {
		name string
		line int
	}
	attrExpr struct {
		of   expr
		name string
		line int
	}
	itemExpr struct {
		of, key expr
		line    int
	}
	sliceExpr struct{ of, from, to, step expr }
	listExpr  struct {
		items []expr
		tuple bool
	}
	dictExpr   struct{ keys, values []expr }
	condExpr   struct{ test, then, otherwise expr }
	binaryExpr struct {
		op          string
		left, right expr
	}
	notExpr struct {
		of     expr
		negate bool
	}
	signExpr struct {
		of    expr
		minus bool
	}
	callExpr struct {
		fn   expr
		args arguments
	}
	filterExpr struct {
		name   string
		in     expr
		filter function
		args   arguments
	}
	testExpr struct {
		name string
		in   expr
		test function
		args arguments
		not  bool
	}
	namedExpr struct {
		name string
		e    expr
	}
	arguments struct {
		positional []expr
		named      []namedExpr
	}
)

// value gives the value of e, which must be defined.
func (s *state) value(e expr) (value.Value, error) {
	v, err := e.eval(s)
	if err == nil {
		err = defined(v)
	}
	return v, err
}

func (s *state) values(es []expr) ([]value.Value, error) {
	out := make([]value.Value, len(es))
	for i, e := range es {
		v, err := s.value(e)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// truth gives the truth of e; an undefined value has none.
func (s *state) truth(e expr) (bool, error) {
	v, err := s.value(e)
	return err == nil && truth(v), err
}

func (c constant) eval(*state) (value.Value, error) { return c.v, nil }

func (n *nameExpr) eval(s *state) (value.Value, error) {
	if v, ok := s.scope.get(n.name); ok {
		return v, nil
	}
	return undefined{name: n.name, line: n.line}, nil
}

func (a *attrExpr) eval(s *state) (value.Value, error) {
	v, err := a.of.eval(s)
	if err != nil {
		return nil, err
	}
	if u, ok := v.(undefined); ok {
		return u, nil
	}
	if out, ok := attribute(v, a.name); ok {
		return out, nil
	}
	return undefined{name: a.name, line: a.line, hint: typeName(v) + " has no attribute of that name"}, nil
}

func (i *itemExpr) eval(s *state) (value.Value, error) {
	v, err := i.of.eval(s)
	if err != nil {
		return nil, err
	}
	if u, ok := v.(undefined); ok {
		return u, nil
	}
	key, err := s.value(i.key)
	if err != nil {
		return nil, err
	}
	if out, ok := item(v, key); ok {
		return out, nil
	}
	name, ok := key.(string)
	if !ok {
		name = s.shown(key)
	}
	return undefined{name: name, line: i.line, hint: typeName(v) + " has no such item"}, nil
}

func (l *listExpr) eval(s *state) (value.Value, error) {
	items, err := s.values(l.items)
	if l.tuple {
		return value.Tuple(items), err
	}
	return value.List(items), err
}

func (d *dictExpr) eval(s *state) (value.Value, error) {
	out := value.NewDict(len(d.keys))
	for i := range d.keys {
		pair, err := s.values([]expr{d.keys[i], d.values[i]})
		if err == nil {
			err = setKey(out, pair[0], pair[1])
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func setKey(d *value.Dict, key, v value.Value) error {
	if err := bounded(key); err != nil {
		return err
	}
	if err := d.Set(key, v); err != nil {
		return fail("%s", err)
	}
	return nil
}

func (c *condExpr) eval(s *state) (value.Value, error) {
	yes, err := s.truth(c.test)
	switch {
	case err != nil:
		return nil, err
	case yes:
		return c.then.eval(s)
	case c.otherwise == nil:
		return "", nil
	}
	return c.otherwise.eval(s)
}

func (n *notExpr) eval(s *state) (value.Value, error) {
	yes, err := s.truth(n.of)
	return yes != n.negate, err
}

func (n *signExpr) eval(s *state) (value.Value, error) {
	v, err := s.value(n.of)
	if err != nil {
		return nil, err
	}
	if n.minus {
		return s.arithmetic("-", int64(0), v)
	}
	return s.arithmetic("+", int64(0), v)
}

func (b *binaryExpr) eval(s *state) (value.Value, error) {
	left, err := s.value(b.left)
	if err != nil {
		return nil, err
	}
	switch b.op {
	case "and":
		if !truth(left) {
			return left, nil
		}
		return s.value(b.right)
	case "or":
		if truth(left) {
			return left, nil
		}
		return s.value(b.right)
	}
	right, err := s.value(b.right)
	if err != nil {
		return nil, err
	}
	switch b.op {
	case "in", "not in":
		in, err := s.contains(right, left)
		return in == (b.op == "in"), err
	case "~":
		return s.concat(left, right)
	case "==", "!=":
		same, err := equal(left, right)
		return same == (b.op == "=="), err
	case "<", "<=", ">", ">=":
		c, err := compare(left, right)
		return b.op[0] == '<' && c < 0 || b.op[0] == '>' && c > 0 || len(b.op) == 2 && c == 0, err
	}
	return s.arithmetic(b.op, left, right)
}

// evaluate gives the values of arguments. Undefined ones are passed on: default
// and defined ask for them.
func (a *arguments) evaluate(s *state) (positional []value.Value, named []value.Field, err error) {
	for _, e := range a.positional {
		v, err := e.eval(s)
		if err != nil {
			return nil, nil, err
		}
		positional = append(positional, v)
	}
	for _, n := range a.named {
		v, err := n.e.eval(s)
		if err != nil {
			return nil, nil, err
		}
		named = append(named, value.Field{Name: n.name, Value: v})
	}
	return positional, named, nil
}

func (c *callExpr) eval(s *state) (value.Value, error) {
	fn, err := s.value(c.fn)
	if err != nil {
		return nil, err
	}
	args, named, err := c.args.evaluate(s)
	if err != nil {
		return nil, err
	}
	switch fn := fn.(type) {
	case *macro:
		return fn.call(s, args, named)
	case method:
		return s.apply(fn.name, fn.fn, fn.of, args, named)
	case interp.Callable:
		if err := allDefined(args, named); err != nil {
			return nil, err
		}
		return fn.Call(s.ctx, args, named)
	}
	return nil, fail("%s cannot be called", typeName(fn))
}

func allDefined(args []value.Value, named []value.Field) error {
	for _, a := range args {
		if err := defined(a); err != nil {
			return err
		}
	}
	for _, f := range named {
		if err := defined(f.Value); err != nil {
			return err
		}
	}
	return nil
}

func (f *filterExpr) eval(s *state) (value.Value, error) {
	return evalFunction(s, "filter "+f.name, f.filter, f.in, &f.args)
}

func (t *testExpr) eval(s *state) (value.Value, error) {
	v, err := evalFunction(s, "test "+t.name, t.test, t.in, &t.args)
	return (v == true) != t.not, err
}

func evalFunction(s *state, name string, f function, in expr, a *arguments) (value.Value, error) {
	v, err := in.eval(s)
	if err != nil {
		return nil, err
	}
	args, named, err := a.evaluate(s)
	if err != nil {
		return nil, err
	}
	return s.apply(name, f, v, args, named)
}
