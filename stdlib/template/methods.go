package template

import (
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// methodOf gives the methods of text and dicts that templates use.
func methodOf(v value.Value, name string) (function, bool) {
	switch v.(type) {
	case string:
		return textMethod(name)
	case *value.Dict:
		return dictMethod(name)
	}
	return function{}, false
}

func dictMethod(name string) (function, bool) {
	switch name {
	case "items":
		return function{impl: func(c *call) (value.Value, error) { return pairs(c) }}, true
	case "keys":
		return onItems(func(_ *call, keys []value.Value) (value.Value, error) { return value.List(keys), nil }), true
	case "values":
		return function{impl: func(c *call) (value.Value, error) {
			all, err := pairs(c)
			for i, p := range all {
				all[i] = p.(value.Tuple)[1]
			}
			return all, err
		}}, true
	case "get":
		return function{params: []string{"key", "default"}, impl: func(c *call) (value.Value, error) {
			if err := bounded(c.args["key"]); err != nil {
				return nil, err
			}
			if v, ok := c.in.(*value.Dict).Get(c.args["key"]); ok {
				return v, nil
			}
			return c.args["default"], nil
		}}, true
	}
	return function{}, false
}

func textMethod(name string) (function, bool) {
	switch name {
	case "upper":
		return onText(strings.ToUpper), true
	case "lower":
		return onText(strings.ToLower), true
	case "title":
		return onText(title), true
	case "capitalize":
		return onText(capitalize), true
	case "strip":
		return withText(trim, "chars"), true
	case "lstrip":
		return withText(func(c *call, s string) (value.Value, error) {
			chars, err := c.text("chars", " \t\r\n\v\f")
			return strings.TrimLeft(s, chars), err
		}, "chars"), true
	case "rstrip":
		return withText(func(c *call, s string) (value.Value, error) {
			chars, err := c.text("chars", " \t\r\n\v\f")
			return strings.TrimRight(s, chars), err
		}, "chars"), true
	case "replace":
		return withText(replace, "old", "new", "count"), true
	case "startswith":
		return affix(strings.HasPrefix), true
	case "endswith":
		return affix(strings.HasSuffix), true
	case "split":
		return withText(split, "sep", "maxsplit"), true
	case "splitlines":
		return withText(func(_ *call, s string) (value.Value, error) {
			return texts(strings.Split(strings.TrimSuffix(strings.ReplaceAll(s, "\r\n", "\n"), "\n"), "\n")), nil
		}), true
	case "join":
		return function{params: []string{"items"}, impl: func(c *call) (value.Value, error) {
			items, err := c.iterate(c.args["items"])
			if err != nil {
				return nil, err
			}
			return join(&call{state: c.state, name: c.name, args: map[string]value.Value{"d": c.in}}, items)
		}}, true
	}
	return function{}, false
}

func affix(f func(s, part string) bool) function {
	return withText(func(c *call, s string) (value.Value, error) {
		part, err := c.text("part", "")
		return f(s, part), err
	}, "part")
}

func split(c *call, s string) (value.Value, error) {
	n, err := c.int("maxsplit", -1)
	if err != nil {
		return nil, err
	}
	sep, err := c.text("sep", "")
	switch {
	case err != nil:
		return nil, err
	case c.args["sep"] == nil:
		return texts(strings.Fields(s)), nil
	case sep == "":
		return nil, c.fail("the separator is empty")
	case n >= 0:
		n++
	}
	return texts(strings.SplitN(s, sep, n)), nil
}

func texts(parts []string) value.List {
	out := make(value.List, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out
}
