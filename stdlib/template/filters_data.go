package template

import (
	"slices"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
)

func dataFilters() map[string]function {
	def := function{params: []string{"default_value", "boolean"}, undefinedToo: true, impl: orDefault}
	return map[string]function{
		"default":  def,
		"d":        def,
		"tojson":   {params: []string{"indent"}, impl: toJSON},
		"dictsort": {params: []string{"case_sensitive", "by", "reverse"}, impl: dictSort},
		"items":    {impl: func(c *call) (value.Value, error) { return pairs(c) }},
		"attr": {params: []string{"name"}, impl: func(c *call) (value.Value, error) {
			name, err := c.text("name", "")
			if v, ok := attribute(c.in, name); ok || err != nil {
				return v, err
			}
			return undefined{name: name}, nil
		}},
	}
}

func orDefault(c *call) (value.Value, error) {
	_, missing := c.in.(undefined)
	if !missing && (!c.bool("boolean", false) || truth(c.in)) {
		return c.in, nil
	}
	if v, ok := c.args["default_value"]; ok {
		return v, nil
	}
	return "", nil
}

func toJSON(c *call) (value.Value, error) {
	if err := bounded(c.in); err != nil {
		return nil, err
	}
	n, err := c.int("indent", 0)
	if err != nil || n < 0 || n > 100 {
		return nil, c.fail("indent is not from 0 to 100")
	}
	text, err := json.Encode(c.in, format.Options{Indent: strings.Repeat(" ", n)})
	if err != nil {
		return nil, c.fail("%s", err)
	}
	return text, nil
}

func pairs(c *call) (value.List, error) {
	d, ok := c.in.(*value.Dict)
	if !ok {
		return nil, c.fail("want a dict, got %s", typeName(c.in))
	}
	out := make(value.List, d.Len())
	for i, it := range d.Items() {
		out[i] = value.Tuple{it.Key, it.Value}
	}
	return out, nil
}

func dictSort(c *call) (value.Value, error) {
	out, err := pairs(c)
	if err != nil {
		return nil, err
	}
	by, err := c.text("by", "key")
	if err != nil || by != "key" && by != "value" {
		return nil, c.fail(`by is "key" or "value"`)
	}
	sign := 1
	if c.bool("reverse", false) {
		sign = -1
	}
	slices.SortStableFunc(out, func(a, b value.Value) int {
		i := strings.Index("kv", by[:1])
		x, _ := c.folded(a.(value.Tuple)[i])
		y, _ := c.folded(b.(value.Tuple)[i])
		n, e := compare(x, y)
		if err == nil {
			err = e
		}
		return n * sign
	})
	return out, err
}
