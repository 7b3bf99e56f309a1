package template

import (
	"maps"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// library is what every template can use: it is made once and not changed.
type library struct {
	filters map[string]function
	tests   map[string]function
	levels  [][]string
	globals scope
}

func newLibrary() *library {
	l := &library{filters: map[string]function{}, tests: tests(), levels: levels()}
	for _, some := range []map[string]function{textFilters(), sequenceFilters(), selectFilters(), numberFilters(), dataFilters()} {
		maps.Copy(l.filters, some)
	}
	for name, f := range map[string]function{
		"range": {params: []string{"*"}, impl: rangeOf},
		"dict":  {params: []string{"*"}, impl: func(c *call) (value.Value, error) { return dictOf(c), nil }},
		"namespace": {params: []string{"*"}, impl: func(c *call) (value.Value, error) {
			ns := &namespace{}
			for _, f := range c.more {
				ns.names.set(f.Name, f.Value)
			}
			return ns, nil
		}},
	} {
		l.globals.set(name, method{name: name, fn: f})
	}
	return l
}

func dictOf(c *call) *value.Dict {
	d := value.NewDict(len(c.more))
	for _, f := range c.more {
		d.Append(f.Name, f.Value)
	}
	return d
}

func rangeOf(c *call) (value.Value, error) {
	n := []int64{0, 0, 1}
	for i, v := range c.rest {
		x, ok := v.(int64)
		if !ok || i > 2 {
			return nil, c.fail("want up to three ints")
		}
		n[i] = x
	}
	if len(c.rest) == 1 {
		n[0], n[1] = 0, n[0]
	}
	from, to, step := n[0], n[1], n[2]
	if len(c.rest) == 0 || step == 0 {
		return nil, c.fail("want an end, and a step other than 0")
	}
	out := value.List{}
	for i := from; step > 0 && i < to || step < 0 && i > to; {
		if len(out) >= maxRange {
			return nil, c.fail("it has more than %d items", maxRange)
		}
		out = append(out, i)
		next := i + step
		if (next > i) != (step > 0) { // beyond the ints
			break
		}
		i = next
	}
	return out, nil
}
