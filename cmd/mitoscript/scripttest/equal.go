package scripttest

import (
	"math/big"
	"reflect"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// equal compares as both languages do: numbers by what they amount to, containers
// by their items, live objects by identity or key.
func equal(a, b value.Value) bool {
	switch x := a.(type) {
	case nil:
		return b == nil
	case int64, float64, *big.Int:
		y, ok := number(b)
		n, _ := number(a)
		return ok && n != nil && y != nil && n.Cmp(y) == 0
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	case value.List:
		y, ok := b.(value.List)
		return ok && equalItems(x, y)
	case value.Tuple:
		y, ok := b.(value.Tuple)
		return ok && equalItems(x, y)
	case *value.Set:
		y, ok := b.(*value.Set)
		return ok && equalSets(x, y)
	case *value.Dict:
		y, ok := b.(*value.Dict)
		return ok && equalDicts(x, y)
	case *value.Struct:
		y, ok := b.(*value.Struct)
		return ok && equalStructs(x, y)
	case interp.Callable:
		y, ok := b.(interp.Callable)
		return ok && x.Same(y)
	case interp.Keyed:
		y, ok := b.(interp.Keyed)
		return ok && x.Key() == y.Key()
	}
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.TypeOf(a).Comparable() && a == b
}

// number is nil, true for NaN, which equals nothing.
func number(v value.Value) (*big.Float, bool) {
	switch v := v.(type) {
	case int64:
		return new(big.Float).SetInt64(v), true
	case *big.Int:
		return new(big.Float).SetPrec(uint(max(64, v.BitLen()))).SetInt(v), true
	case float64:
		if v != v {
			return nil, true
		}
		return big.NewFloat(v), true
	}
	return nil, false
}

func equalItems(x, y []value.Value) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !equal(x[i], y[i]) {
			return false
		}
	}
	return true
}

func equalSets(x, y *value.Set) bool {
	for _, it := range x.Items() {
		if !y.Has(it) {
			return false
		}
	}
	return x.Len() == y.Len()
}

func equalDicts(x, y *value.Dict) bool {
	for _, it := range x.Items() {
		if v, ok := y.Get(it.Key); !ok || !equal(it.Value, v) {
			return false
		}
	}
	return x.Len() == y.Len()
}

func equalStructs(x, y *value.Struct) bool {
	for _, f := range x.Fields {
		if v, ok := y.Get(f.Name); !ok || !equal(f.Value, v) {
			return false
		}
	}
	return len(x.Fields) == len(y.Fields)
}
