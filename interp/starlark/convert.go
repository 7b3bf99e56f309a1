package starlark

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	startime "go.starlark.net/lib/time"
	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

const (
	// maxDepth is how deeply values may be nested.
	maxDepth = 1000
	// maxItems is how many items one value may have: a few tuples inside each other
	// can stand for more than fit into memory.
	maxItems = 1 << 24
)

// misplaced is a value that has no form outside Starlark, with its place, which
// is put together on the way out.
type misplaced struct {
	what  string
	place []string // innermost first
}

func (m *misplaced) inside(place string) *misplaced {
	m.place = append(m.place, place)
	return m
}

// at gives the Error for the value that stands at root.
func (m *misplaced) at(root string) error {
	return value.Errorf(value.KindError, "%s: %s", interp.Place(root, m.place), m.what)
}

// fromStarlark converts v; root is what errors call its place.
func (in *Interp) fromStarlark(v star.Value, root string) (value.Value, error) {
	gv, bad := in.convert(v)
	if bad != nil {
		return nil, bad.at(root)
	}
	return gv, nil
}

// convert gives v as a Value: data copied, live things as themselves.
func (in *Interp) convert(v star.Value) (value.Value, *misplaced) {
	switch v := v.(type) { // the common ones, without a converter
	case star.NoneType:
		return nil, nil
	case star.Bool:
		return bool(v), nil
	case star.String:
		return string(v), nil
	case star.Int:
		return intValue(v), nil
	case star.Float:
		return float64(v), nil
	case *star.Function:
		return in.callable(v), nil
	}
	c := converter{in: in}
	return c.convert(v)
}

func intValue(v star.Int) value.Value {
	if i, ok := v.Int64(); ok {
		return i
	}
	return new(big.Int).Set(v.BigInt())
}

// converter walks one value; open are the containers that it is inside of.
type converter struct {
	in    *Interp
	open  []star.Value
	depth int
	items int
}

func (c *converter) convert(v star.Value) (value.Value, *misplaced) {
	switch v := v.(type) {
	case star.NoneType:
		return nil, nil
	case star.Bool:
		return bool(v), nil
	case star.Int:
		return intValue(v), nil
	case star.Float:
		return float64(v), nil
	case star.String:
		return string(v), nil
	case star.Bytes:
		return value.Bytes(v), nil
	case blobValue:
		return value.Blob(v), nil
	case secretValue:
		return v.Secret, nil
	case startime.Time:
		return time.Time(v), nil
	case startime.Duration:
		return time.Duration(v), nil
	case *errorValue:
		return v.err, nil
	case referenceValue:
		return v.ref, nil
	case star.Tuple:
		items, err := c.sequence(v)
		return value.Tuple(items), err
	case *star.List, *star.Dict, *star.Set, *structValue:
		return c.container(v)
	case *outcome:
		return c.container(v.record())
	}
	return c.live(v)
}

// live converts what stays in this process unless it knows how it travels.
func (c *converter) live(v star.Value) (value.Value, *misplaced) {
	switch v := v.(type) {
	case goObject:
		return v.object(), nil
	case *moduleValue:
		return v.mod, nil
	case state:
		return stateHandle{}, nil
	case *foreign:
		return v.fn, nil
	case star.Callable:
		return c.in.callable(v), nil
	case star.Sequence: // range(…)
		if v.Type() == "range" {
			items, err := c.sequence(v)
			return value.List(items), err
		}
	}
	return nil, &misplaced{what: "cannot send " + article(v.Type())}
}

func (c *converter) container(v star.Value) (value.Value, *misplaced) {
	for _, outer := range c.open {
		if outer == v {
			return nil, &misplaced{what: "cannot send a value that contains itself"}
		}
	}
	c.open = append(c.open, v)
	defer func() { c.open = c.open[:len(c.open)-1] }()
	switch v := v.(type) {
	case *star.List:
		items, err := c.sequence(v)
		return value.List(items), err
	case *star.Dict:
		return c.dict(v)
	case *star.Set:
		return c.set(v)
	}
	return c.record(v.(*structValue))
}

// enter counts a container of n items; leave ends it.
func (c *converter) enter(n int) *misplaced {
	c.depth++
	c.items += n
	switch {
	case c.depth > maxDepth:
		return &misplaced{what: fmt.Sprintf("cannot send values nested more than %d deep", maxDepth)}
	case c.items > maxItems:
		return &misplaced{what: fmt.Sprintf("cannot send more than %d items", maxItems)}
	}
	return nil
}

func (c *converter) leave() { c.depth-- }

func (c *converter) sequence(seq star.Sequence) ([]value.Value, *misplaced) {
	defer c.leave()
	if err := c.enter(seq.Len()); err != nil {
		return nil, err
	}
	out := make([]value.Value, 0, seq.Len())
	iter := seq.Iterate()
	defer iter.Done()
	var item star.Value
	for iter.Next(&item) {
		v, err := c.convert(item)
		if err != nil {
			return nil, err.inside(fmt.Sprintf("[%d]", len(out)))
		}
		out = append(out, v)
	}
	return out, nil
}

func (c *converter) dict(d *star.Dict) (value.Value, *misplaced) {
	defer c.leave()
	if err := c.enter(d.Len()); err != nil {
		return nil, err
	}
	out := value.NewDict(d.Len())
	for k, v := range d.Entries() {
		key, err := c.convert(k)
		if err != nil {
			return nil, err.inside("[" + k.String() + "]")
		}
		if err := value.Hashable(key); err != nil && !isLive(key) {
			return nil, &misplaced{what: "key " + k.String() + " cannot be sent: " + err.Error()}
		}
		val, err := c.convert(v)
		if err != nil {
			return nil, err.inside("[" + k.String() + "]")
		}
		out.Append(key, val)
	}
	return out, nil
}

// isLive reports whether v is a thing of this process, which a dict's key may be
// as long as it stays here.
func isLive(v value.Value) bool {
	switch v.(type) {
	case interp.Object, interp.Callable:
		return true
	}
	return false
}

func (c *converter) set(s *star.Set) (value.Value, *misplaced) {
	defer c.leave()
	if err := c.enter(s.Len()); err != nil {
		return nil, err
	}
	out := &value.Set{}
	for item := range s.Elements() {
		v, err := c.convert(item)
		if err != nil {
			return nil, err.inside("[" + item.String() + "]")
		}
		if err := out.Add(v); err != nil {
			return nil, &misplaced{what: err.Error()}
		}
	}
	return out, nil
}

func (c *converter) record(s *structValue) (value.Value, *misplaced) {
	defer c.leave()
	if err := c.enter(len(s.names)); err != nil {
		return nil, err
	}
	out := &value.Struct{Name: s.name, Fields: make([]value.Field, len(s.names))}
	for i, name := range s.names {
		v, err := c.convert(s.values[i])
		if err != nil {
			return nil, err.inside("." + name)
		}
		out.Fields[i] = value.Field{Name: name, Value: v}
	}
	return out, nil
}

// stateHandle stands for mitogen.state where values are handed on: it travels by
// name when it is captured, and not otherwise.
type stateHandle struct{}

// TypeName names it in errors.
func (stateHandle) TypeName() string { return stateName }

func article(noun string) string {
	if noun != "" && strings.ContainsRune("aeiouAEIOU", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
