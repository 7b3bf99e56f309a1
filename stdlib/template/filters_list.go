package template

import (
	"slices"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// onItems makes a filter of what a value iterates over.
func onItems(f func(c *call, items []value.Value) (value.Value, error), params ...string) function {
	return function{params: params, impl: func(c *call) (value.Value, error) {
		items, err := c.items()
		if err != nil {
			return nil, err
		}
		return f(c, items)
	}}
}

func sequenceFilters() map[string]function {
	count := function{impl: func(c *call) (value.Value, error) {
		n, ok := length(c.in)
		if !ok {
			return nil, c.fail("%s has no length", typeName(c.in))
		}
		return int64(n), nil
	}}
	return map[string]function{
		"length":  count,
		"count":   count,
		"list":    onItems(func(_ *call, items []value.Value) (value.Value, error) { return value.List(items), nil }),
		"join":    onItems(join, "d", "attribute"),
		"first":   onItems(func(c *call, items []value.Value) (value.Value, error) { return end(c, items, 0) }),
		"last":    onItems(func(c *call, items []value.Value) (value.Value, error) { return end(c, items, len(items)-1) }),
		"reverse": {impl: reverse},
		"sort":    onItems(sorted, "reverse", "case_sensitive", "attribute"),
		"unique":  onItems(unique, "case_sensitive", "attribute"),
		"sum":     onItems(sum, "attribute", "start"),
		"min":     onItems(func(c *call, items []value.Value) (value.Value, error) { return extreme(c, items, -1) }, "case_sensitive", "attribute"),
		"max":     onItems(func(c *call, items []value.Value) (value.Value, error) { return extreme(c, items, 1) }, "case_sensitive", "attribute"),
		"batch":   onItems(batch, "linecount", "fill_with"),
		"slice":   onItems(cut, "slices", "fill_with"),
	}
}

func join(c *call, items []value.Value) (value.Value, error) {
	sep, err := c.text("d", "")
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for i, it := range items {
		if it, err = c.key(it); err != nil {
			return nil, err
		}
		text, err := c.state.text(it)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteString(sep)
		}
		if b.WriteString(text); b.Len() > maxOutput {
			return nil, c.fail("the text is too long")
		}
	}
	return b.String(), nil
}

func end(_ *call, items []value.Value, i int) (value.Value, error) {
	if i < 0 || i >= len(items) {
		return undefined{name: "first or last", hint: "the sequence is empty"}, nil
	}
	return items[i], nil
}

func reverse(c *call) (value.Value, error) {
	items, err := c.items()
	if err != nil {
		return nil, err
	}
	out := slices.Clone(items)
	slices.Reverse(out)
	if _, ok := c.in.(string); ok {
		var b strings.Builder
		for _, it := range out {
			b.WriteString(it.(string))
		}
		return b.String(), nil
	}
	return value.List(out), nil
}

// key is what an item is compared by: the attribute asked for, in lower case
// unless case counts.
func (c *call) key(v value.Value) (value.Value, error) {
	if a, ok := c.args["attribute"]; ok && a != nil {
		v = follow(v, a)
		if err := defined(v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (c *call) folded(v value.Value) (value.Value, error) {
	v, err := c.key(v)
	if text, ok := v.(string); ok && !c.bool("case_sensitive", false) {
		return strings.ToLower(text), err
	}
	return v, err
}

// follow gives a.b.0 of a value.
func follow(v, names value.Value) value.Value {
	text, ok := names.(string)
	if !ok {
		if out, ok := item(v, names); ok {
			return out
		}
		return undefined{name: "item"}
	}
	for _, name := range strings.Split(text, ".") {
		var key value.Value = name
		if i, err := number(token{kind: tokInt, text: name}); err == nil {
			key = i
		}
		out, ok := item(v, key)
		if !ok {
			return undefined{name: name, hint: typeName(v) + " has no attribute of that name"}
		}
		v = out
	}
	return v
}

type keyed struct{ key, v value.Value }

func keys(c *call, items []value.Value) ([]keyed, error) {
	out := make([]keyed, len(items))
	for i, it := range items {
		k, err := c.folded(it)
		if err != nil {
			return nil, err
		}
		out[i] = keyed{k, it}
	}
	return out, nil
}

func sorted(c *call, items []value.Value) (value.Value, error) {
	all, err := keys(c, items)
	if err != nil {
		return nil, err
	}
	sign := 1
	if c.bool("reverse", false) {
		sign = -1
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		n, e := compare(a.key, b.key)
		if err == nil {
			err = e
		}
		return sign * n
	})
	out := value.List{}
	for _, k := range all {
		out = append(out, k.v)
	}
	return out, err
}

func unique(c *call, items []value.Value) (value.Value, error) {
	all, err := keys(c, items)
	if err != nil {
		return nil, err
	}
	seen := value.NewDict(len(all))
	out := value.List{}
	for _, k := range all {
		if _, ok := seen.Get(k.key); ok {
			continue
		}
		if err := setKey(seen, k.key, nil); err != nil {
			return nil, err
		}
		out = append(out, k.v)
	}
	return out, nil
}

func sum(c *call, items []value.Value) (value.Value, error) {
	total, ok := c.args["start"]
	if !ok {
		total = int64(0)
	}
	for _, it := range items {
		k, err := c.key(it)
		if err != nil {
			return nil, err
		}
		if total, err = c.arithmetic("+", total, k); err != nil {
			return nil, err
		}
	}
	return total, nil
}

func extreme(c *call, items []value.Value, sign int) (value.Value, error) {
	all, err := keys(c, items)
	if err != nil || len(all) == 0 {
		return undefined{name: "min or max", hint: "the sequence is empty"}, err
	}
	best := all[0]
	for _, k := range all[1:] {
		n, err := compare(k.key, best.key)
		if err != nil {
			return nil, err
		}
		if n*sign > 0 {
			best = k
		}
	}
	return best.v, nil
}

func batch(c *call, items []value.Value) (value.Value, error) {
	n, err := c.int("linecount", 0)
	if err != nil || n < 1 || n > maxRange {
		return nil, c.fail("the number of items is not from 1 to %d", maxRange)
	}
	out := value.List{}
	for row := range slices.Chunk(items, n) {
		line := value.List(slices.Clone(row))
		for c.args["fill_with"] != nil && len(line) < n {
			line = append(line, c.args["fill_with"])
		}
		out = append(out, line)
	}
	return out, nil
}

func cut(c *call, items []value.Value) (value.Value, error) {
	n, err := c.int("slices", 0)
	if err != nil || n < 1 || n > maxRange {
		return nil, c.fail("the number of slices is not from 1 to %d", maxRange)
	}
	out := value.List{}
	size, more, at := len(items)/n, len(items)%n, 0
	for i := range n {
		to := at + size
		if i < more {
			to++
		}
		line := value.List(slices.Clone(items[at:to]))
		if c.args["fill_with"] != nil && more > 0 && i >= more {
			line = append(line, c.args["fill_with"])
		}
		out, at = append(out, line), to
	}
	return out, nil
}
