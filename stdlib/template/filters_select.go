package template

import (
	"slices"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// selectFilters are the filters that take other filters and tests.
func selectFilters() map[string]function {
	return map[string]function{
		"map":        onItems(mapped, "*"),
		"select":     onItems(func(c *call, items []value.Value) (value.Value, error) { return chosen(c, items, true, nil, c.rest) }, "*"),
		"reject":     onItems(func(c *call, items []value.Value) (value.Value, error) { return chosen(c, items, false, nil, c.rest) }, "*"),
		"selectattr": onItems(func(c *call, items []value.Value) (value.Value, error) { return byAttribute(c, items, true) }, "*"),
		"rejectattr": onItems(func(c *call, items []value.Value) (value.Value, error) { return byAttribute(c, items, false) }, "*"),
		"groupby":    onItems(grouped, "attribute", "case_sensitive"),
	}
}

func mapped(c *call, items []value.Value) (value.Value, error) {
	out := make(value.List, len(items))
	named := map[string]value.Value{}
	for _, f := range c.more {
		named[f.Name] = f.Value
	}
	attr, ok := named["attribute"]
	for i, it := range items {
		var v value.Value
		var err error
		if ok {
			v = follow(it, attr)
			if _, missing := v.(undefined); missing && named["default"] != nil {
				v = named["default"]
			}
			err = defined(v)
		} else {
			v, err = c.through(it)
		}
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// through puts an item through the filter that the arguments name.
func (c *call) through(it value.Value) (value.Value, error) {
	if len(c.rest) == 0 {
		return nil, c.fail("want a filter's name or attribute=…")
	}
	name, _ := c.rest[0].(string)
	f, ok := c.lib.filters[name]
	if !ok {
		return nil, c.fail("there is no filter %s", c.shown(c.rest[0]))
	}
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.leave()
	return c.apply("filter "+name, f, it, c.rest[1:], c.more)
}

func byAttribute(c *call, items []value.Value, want bool) (value.Value, error) {
	if len(c.rest) == 0 {
		return nil, c.fail("want an attribute's name")
	}
	return chosen(c, items, want, c.rest[0], c.rest[1:])
}

// chosen keeps the items, or those with an attribute, for which a test says want.
func chosen(c *call, items []value.Value, want bool, attr value.Value, args []value.Value) (value.Value, error) {
	out := value.List{}
	for _, it := range items {
		v := it
		if attr != nil {
			v = follow(it, attr)
		}
		yes, err := c.check(v, args)
		if err != nil {
			return nil, err
		}
		if yes == want {
			out = append(out, it)
		}
	}
	return out, nil
}

func (c *call) check(v value.Value, args []value.Value) (bool, error) {
	if len(args) == 0 {
		return truth(v), nil
	}
	name, _ := args[0].(string)
	t, ok := c.lib.tests[name]
	if !ok {
		return false, c.fail("there is no test %s", c.shown(args[0]))
	}
	yes, err := c.apply("test "+name, t, v, args[1:], nil)
	return yes == true, err
}

func grouped(c *call, items []value.Value) (value.Value, error) {
	v, err := sorted(c, items)
	if err != nil {
		return nil, err
	}
	all, _ := v.(value.List)
	out := value.List{}
	for len(all) > 0 {
		key, err := c.folded(all[0])
		if err != nil {
			return nil, err
		}
		n := slices.IndexFunc(all, func(it value.Value) bool {
			k, e := c.folded(it)
			return e != nil || !same(k, key)
		})
		if n < 0 {
			n = len(all)
		}
		shown, _ := c.key(all[0])
		out = append(out, value.Tuple{shown, all[:n:n]})
		all = all[n:]
	}
	return out, nil
}
