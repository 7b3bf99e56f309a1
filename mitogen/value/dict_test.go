package value_test

import (
	"errors"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

func bigOf(s string) *big.Int {
	i, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic(s)
	}
	return i
}

func secretOf(t *testing.T, v value.Value) value.Secret {
	t.Helper()
	s, err := value.NewSecret(v)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// live is a Keyed thing, whose key has a pointer in it.
type live struct{ id int }

var owner struct{ name string }

func (l *live) Key() any { return [2]any{&owner, l.id} }

func TestDictKeysThatAreEqual(t *testing.T) {
	moment := time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC)
	for _, c := range []struct {
		name string
		a, b value.Value
	}{
		{"1 and 1.0", int64(1), 1.0},
		{"0 and -0", int64(0), math.Copysign(0, -1)},
		{"smallest integer", int64(math.MinInt64), float64(math.MinInt64)},
		{"2^63", bigOf("9223372036854775808"), math.Ldexp(1, 63)},
		{"2^100", bigOf("1267650600228229401496703205376"), math.Ldexp(1, 100)},
		{"big that fits", big.NewInt(7), int64(7)},
		{"big", bigOf("-99999999999999999999"), bigOf("-99999999999999999999")},
		{"NaN", math.NaN(), math.NaN()},
		{"tuples", value.Tuple{int64(1), "a"}, value.Tuple{1.0, "a"}},
		{"times in two zones", moment, moment.In(time.FixedZone("X", 3600))},
		{"contexts", value.ContextRef{ID: 3, Name: "web1"}, value.ContextRef{ID: 3}},
		{"live things", &live{id: 3}, &live{id: 3}},
		{"structs", &value.Struct{Fields: []value.Field{{Name: "a", Value: int64(1)}}}, &value.Struct{Fields: []value.Field{{Name: "a", Value: 1.0}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := value.NewDict(2)
			if err := d.Set(c.a, "first"); err != nil {
				t.Fatal(err)
			}
			if err := d.Set(c.b, "second"); err != nil {
				t.Fatal(err)
			}
			if v, ok := d.Get(c.a); d.Len() != 1 || !ok || v != "second" {
				t.Errorf("Len %d, Get %v %v", d.Len(), v, ok)
			}
			if a, b := (value.Tuple{c.a}), (value.Tuple{c.b}); !sameKey(t, a, b) {
				t.Errorf("%v and %v differ inside a tuple", c.a, c.b)
			}
		})
	}
}

func sameKey(t *testing.T, a, b value.Value) bool {
	t.Helper()
	s, err := value.NewSet(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return s.Len() == 1
}

func TestDictKeysThatDiffer(t *testing.T) {
	keys := []value.Value{
		nil, false, true, int64(1), int64(0), 1.5, math.Inf(1), math.Inf(-1), math.NaN(),
		"", "1", value.Bytes(""), value.Bytes("1"), value.Blob("1"), secretOf(t, "1"), secretOf(t, value.Bytes("1")),
		bigOf("9223372036854775808"), bigOf("8000000000000000000000"), bigOf("-9223372036854775809"),
		int64(8000000000000000), time.Second, time.Unix(1, 0), value.ContextRef{ID: 1}, value.SenderRef{Context: 1, Handle: 2},
		value.Tuple{}, value.Tuple{nil}, value.Tuple{value.Tuple{}}, value.Tuple{"a", "b"}, value.Tuple{"ab"}, value.Tuple{"a;s1;b"},
		value.Tuple{int64(8000000000000000)}, &live{id: 1}, &live{id: 2}, value.Tuple{&live{id: 1}}, value.Tuple{bigOf("9223372036854775808")},
		value.Tuple{"a", value.Tuple{"b", "c"}}, value.Tuple{value.Tuple{"a", "b"}, "c"},
		&value.Struct{Fields: []value.Field{{Name: "a", Value: int64(1)}}}, &value.Struct{},
	}
	for i, a := range keys {
		for j, b := range keys {
			if i != j && sameKey(t, a, b) {
				t.Errorf("keys %d and %d are taken for one: %v %v", i, j, a, b)
			}
		}
	}
}

func TestDictKeepsOrder(t *testing.T) {
	d := value.NewDict(0)
	for _, k := range []string{"c", "a", "b", "a"} {
		if err := d.Set(k, k+k); err != nil {
			t.Fatal(err)
		}
	}
	d.Append("z", "zz")
	if v, ok := d.Get("z"); !ok || v != "zz" {
		t.Errorf("Get of an appended key: %v %v", v, ok)
	}
	if err := d.Set("z", "new"); err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, it := range d.Items() {
		got += it.Key.(string) + "=" + it.Value.(string) + " "
	}
	if want := "c=cc a=aa b=bb z=new "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnhashableKeys(t *testing.T) {
	for _, k := range []value.Value{
		value.List{}, &value.Dict{}, &value.Set{}, value.Tuple{int64(1), value.List{}},
		&value.Struct{Fields: []value.Field{{Name: "a", Value: value.List{}}}}, &value.Func{}, &value.Error{},
	} {
		d := value.NewDict(0)
		if err := d.Set(k, nil); !errors.Is(err, value.KindValue) || d.Len() != 0 {
			t.Errorf("%s as a key: %v", value.TypeName(k), err)
		}
		if _, ok := d.Get(k); ok {
			t.Errorf("%s was found", value.TypeName(k))
		}
		if value.Hashable(k) == nil {
			t.Errorf("%s is called hashable", value.TypeName(k))
		}
	}
}

func TestSet(t *testing.T) {
	s, err := value.NewSet("b", int64(1), "a", 1.0)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Items(); len(got) != 3 || got[0] != "b" || got[1] != int64(1) || got[2] != "a" {
		t.Errorf("items %v", got)
	}
	if !s.Has(1.0) || s.Has("c") || s.Has(value.List{}) {
		t.Error("membership is wrong")
	}
}
