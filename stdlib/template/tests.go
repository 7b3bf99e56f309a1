package template

import (
	"math/big"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// is makes a test of the value alone.
func is(f func(v value.Value) bool) function {
	return function{impl: func(c *call) (value.Value, error) { return f(c.in), nil }}
}

// against makes a test of the value and one argument.
func against(f func(c *call, other value.Value) (bool, error)) function {
	return function{params: []string{"other"}, impl: func(c *call) (value.Value, error) {
		if !c.given("other") {
			return nil, c.fail("want an argument")
		}
		return f(c, c.args["other"])
	}}
}

func tests() map[string]function {
	t := map[string]function{
		"defined":   {undefinedToo: true, impl: func(c *call) (value.Value, error) { _, no := c.in.(undefined); return !no, nil }},
		"undefined": {undefinedToo: true, impl: func(c *call) (value.Value, error) { _, yes := c.in.(undefined); return yes, nil }},
		"none":      is(func(v value.Value) bool { return v == nil }),
		"boolean":   is(func(v value.Value) bool { _, ok := v.(bool); return ok }),
		"true":      is(func(v value.Value) bool { b, ok := v.(bool); return ok && b }),
		"false":     is(func(v value.Value) bool { b, ok := v.(bool); return ok && !b }),
		"integer":   is(isInteger),
		"float":     is(func(v value.Value) bool { _, ok := v.(float64); return ok }),
		"number":    is(isNumber),
		"string":    is(func(v value.Value) bool { _, ok := v.(string); return ok }),
		"mapping":   is(func(v value.Value) bool { _, ok := v.(*value.Dict); return ok }),
		"sequence":  is(func(v value.Value) bool { _, ok := length(v); return ok }),
		"iterable":  is(func(v value.Value) bool { _, ok := length(v); return ok }),
		"callable":  is(isCallable),
		"lower": is(func(v value.Value) bool {
			s, ok := v.(string)
			return ok && s == strings.ToLower(s) && s != strings.ToUpper(s)
		}),
		"upper": is(func(v value.Value) bool {
			s, ok := v.(string)
			return ok && s == strings.ToUpper(s) && s != strings.ToLower(s)
		}),
		"even": parity(0),
		"odd":  parity(1),
		"divisibleby": against(func(c *call, o value.Value) (bool, error) {
			rest, err := c.arithmetic("%", c.in, o)
			return err == nil && !truth(rest), err
		}),
		"in":     against(func(c *call, o value.Value) (bool, error) { return c.contains(o, c.in) }),
		"sameas": against(func(c *call, o value.Value) (bool, error) { return sameAs(c.in, o) }),
	}
	for _, op := range []struct{ symbol, names string }{
		{"==", "== eq equalto"}, {"!=", "!= ne"}, {"<", "< lt lessthan"}, {"<=", "<= le"}, {">", "> gt greaterthan"}, {">=", ">= ge"},
	} {
		f := against(func(c *call, o value.Value) (bool, error) {
			v, err := (&binaryExpr{op: op.symbol, left: constant{c.in}, right: constant{o}}).eval(c.state)
			return v == true, err
		})
		for _, name := range strings.Fields(op.names) {
			t[name] = f
		}
	}
	return t
}

func isInteger(v value.Value) bool {
	switch v.(type) {
	case int64, *big.Int:
		return true
	}
	return false
}

func isCallable(v value.Value) bool {
	switch v.(type) {
	case *macro, method, interp.Callable:
		return true
	}
	return false
}

func parity(want uint) function {
	return function{impl: func(c *call) (value.Value, error) {
		i, ok := integer(c.in)
		if !ok {
			return nil, c.fail("want an int, got %s", typeName(c.in))
		}
		return i.Bit(0) == want, nil
	}}
}

// sameAs compares type and value: values here have no identity of their own.
func sameAs(a, b value.Value) (bool, error) {
	if typeName(a) != typeName(b) {
		return false, nil
	}
	return equal(a, b)
}
