package template

import (
	"cmp"
	"math/big"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// maxDepth is how deep values may nest that are compared or shown.
const maxDepth = 1000

// bounded refuses values that nest too deep or hold more than maxItems items,
// counting shared ones again: to walk them could take forever.
func bounded(vs ...value.Value) error {
	budget := maxItems
	for _, v := range vs {
		if !within(v, 0, &budget) {
			return fail("the value is too large or nested too deep")
		}
	}
	return nil
}

func within(v value.Value, depth int, budget *int) bool {
	*budget--
	if depth > maxDepth || *budget < 0 {
		return false
	}
	all := func(items []value.Value) bool {
		for _, it := range items {
			if !within(it, depth+1, budget) {
				return false
			}
		}
		return true
	}
	switch v := v.(type) {
	case value.List:
		return all(v)
	case value.Tuple:
		return all(v)
	case *value.Dict:
		for _, it := range v.Items() {
			if !within(it.Key, depth+1, budget) || !within(it.Value, depth+1, budget) {
				return false
			}
		}
	case *value.Struct:
		for _, f := range v.Fields {
			if !within(f.Value, depth+1, budget) {
				return false
			}
		}
	}
	return true
}

func equal(a, b value.Value) (bool, error) {
	if err := bounded(a, b); err != nil {
		return false, err
	}
	return same(a, b), nil
}

func same(a, b value.Value) bool {
	if x, ok := a.(value.Secret); ok {
		a = x.Reveal()
	}
	if x, ok := b.(value.Secret); ok {
		b = x.Reveal()
	}
	switch x := a.(type) {
	case int64, float64, *big.Int, bool:
		c, ok := compareNumbers(a, b)
		return ok && c == 0
	case value.List:
		y, ok := b.(value.List)
		return ok && sameItems(x, y)
	case value.Tuple:
		y, ok := b.(value.Tuple)
		return ok && sameItems(x, y)
	case *value.Dict:
		y, ok := b.(*value.Dict)
		return ok && sameDict(x, y)
	case *value.Set:
		y, ok := b.(*value.Set)
		if !ok || x.Len() != y.Len() {
			return false
		}
		for _, it := range x.Items() {
			if !y.Has(it) {
				return false
			}
		}
		return true
	case *value.Struct:
		y, ok := b.(*value.Struct)
		return ok && sameStruct(x, y)
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	case method:
		return false
	case nil, string, value.Bytes, value.Blob, time.Duration, value.ContextRef, value.SenderRef:
		return a == b
	}
	return false
}

func sameItems(x, y []value.Value) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !same(x[i], y[i]) {
			return false
		}
	}
	return true
}

func sameDict(x, y *value.Dict) bool {
	if x.Len() != y.Len() {
		return false
	}
	for _, it := range x.Items() {
		if v, ok := y.Get(it.Key); !ok || !same(it.Value, v) {
			return false
		}
	}
	return true
}

func sameStruct(x, y *value.Struct) bool {
	if len(x.Fields) != len(y.Fields) {
		return false
	}
	for _, f := range x.Fields {
		if v, ok := y.Get(f.Name); !ok || !same(f.Value, v) {
			return false
		}
	}
	return true
}

func compareNumbers(a, b value.Value) (int, bool) {
	x, ok1 := integer(a)
	y, ok2 := integer(b)
	if ok1 && ok2 {
		return x.Cmp(y), true
	}
	f, ok1 := float(a)
	g, ok2 := float(b)
	if f != f || g != g {
		return 1, ok1 && ok2 // NaN equals nothing
	}
	return cmp.Compare(f, g), ok1 && ok2
}

// compare orders numbers, text, times and sequences of them.
func compare(a, b value.Value) (int, error) {
	if err := bounded(a, b); err != nil {
		return 0, err
	}
	return order(a, b)
}

func order(a, b value.Value) (int, error) {
	if c, ok := compareNumbers(a, b); ok {
		return c, nil
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), nil
		}
	case value.Bytes:
		if y, ok := b.(value.Bytes); ok {
			return cmp.Compare(x, y), nil
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y), nil
		}
	case time.Duration:
		if y, ok := b.(time.Duration); ok {
			return cmp.Compare(x, y), nil
		}
	}
	x, ok1 := sequence(a)
	y, ok2 := sequence(b)
	if !ok1 || !ok2 {
		return 0, fail("%s and %s have no order", typeName(a), typeName(b))
	}
	for i := range min(len(x), len(y)) {
		if !same(x[i], y[i]) {
			return order(x[i], y[i])
		}
	}
	return cmp.Compare(len(x), len(y)), nil
}

// contains reports whether v is in a container.
func (s *state) contains(in, v value.Value) (bool, error) {
	if err := bounded(v); err != nil {
		return false, err
	}
	switch c := in.(type) {
	case string:
		if !isText(v) {
			return false, fail("in: %s cannot be in text", typeName(v))
		}
		text, err := s.text(v)
		return strings.Contains(c, text), err
	case *value.Dict:
		_, ok := c.Get(v)
		return ok, nil
	case *value.Set:
		return c.Has(v), nil
	}
	items, err := s.iterate(in)
	if err != nil {
		return false, err
	}
	for _, it := range items {
		if yes, err := equal(it, v); yes || err != nil {
			return yes, err
		}
	}
	return false, nil
}
