package template

import (
	"math/big"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// function is a filter, a test, a method or a global function.
type function struct {
	// params names the arguments after the value itself; a * as the last one takes
	// any number.
	params []string
	// undefinedToo lets an undefined value in.
	undefinedToo bool
	impl         func(c *call) (value.Value, error)
}

// call is one call of a function.
type call struct {
	*state
	name string
	in   value.Value
	args map[string]value.Value
	rest []value.Value
	more []value.Field // further named arguments, if the function takes any
}

// method is a function bound to a value.
type method struct {
	name string
	of   value.Value
	fn   function
}

// TypeName is what error texts call it.
func (method) TypeName() string { return "method" }

func (s *state) apply(name string, f function, in value.Value, args []value.Value, named []value.Field) (value.Value, error) {
	if !f.undefinedToo {
		if err := defined(in); err != nil {
			return nil, err
		}
		if err := allDefined(args, named); err != nil {
			return nil, err
		}
	}
	if err := s.step(); err != nil {
		return nil, err
	}
	c := &call{state: s, name: name, in: in, args: map[string]value.Value{}}
	params, open := f.params, false
	if n := len(params); n > 0 && params[n-1] == "*" {
		params, open = params[:n-1], true
	}
	for i, a := range args {
		switch {
		case i < len(params):
			c.args[params[i]] = a
		case open:
			c.rest = append(c.rest, a)
		default:
			return nil, fail("%s: takes at most %d arguments (%d given)", name, len(params), len(args))
		}
	}
	for _, f := range named {
		known := false
		for _, p := range params {
			known = known || p == f.Name
		}
		switch {
		case known:
			c.args[f.Name] = f.Value
		case open:
			c.more = append(c.more, f)
		default:
			return nil, fail("%s: unexpected argument %s", name, f.Name)
		}
	}
	return f.impl(c)
}

func (c *call) given(name string) bool { _, ok := c.args[name]; return ok }

// text gives an argument as text.
func (c *call) text(name, def string) (string, error) {
	v, ok := c.args[name]
	if !ok || v == nil {
		return def, nil
	}
	return c.state.text(v)
}

// int gives an argument that is an integer.
func (c *call) int(name string, def int) (int, error) {
	v, ok := c.args[name]
	if !ok || v == nil {
		return def, nil
	}
	if i, ok := v.(int64); ok && i >= -1<<31 && i < 1<<31 {
		return int(i), nil
	}
	return 0, fail("%s: %s must be an int, got %s", c.name, name, typeName(v))
}

func (c *call) bool(name string, def bool) bool {
	v, ok := c.args[name]
	if !ok {
		return def
	}
	return truth(v)
}

// items gives what the value itself iterates over.
func (c *call) items() ([]value.Value, error) { return c.iterate(c.in) }

func (c *call) fail(format string, args ...any) error {
	return fail(c.name+": "+format, args...)
}

func isNumber(v value.Value) bool {
	switch v.(type) {
	case int64, *big.Int, float64:
		return true
	}
	return false
}
