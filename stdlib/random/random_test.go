package random_test

import (
	"context"
	"reflect"
	"regexp"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/random"
)

func call(t *testing.T, m *interp.Module, name string, args ...value.Value) value.Value {
	t.Helper()
	for _, f := range m.Funcs {
		if f.Name == name {
			v, err := f.CallGo(context.Background(), args, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return v
		}
	}
	t.Fatalf("no function %s", name)
	return nil
}

func TestSeedRepeats(t *testing.T) {
	m := random.Module()
	draw := func() value.List {
		call(t, m, "seed", int64(7))
		return value.List{call(t, m, "int", int64(-5), int64(5)), call(t, m, "float"),
			call(t, m, "shuffle", value.List{int64(1), int64(2), int64(3)}), call(t, m, "sample", value.List{"a", "b", "c"}, int64(2))}
	}
	if a, b := draw(), draw(); !reflect.DeepEqual(a, b) {
		t.Errorf("%v, then %v", a, b)
	}
}

func TestShapes(t *testing.T) {
	m, u := random.Module(), random.UUID()
	for range 200 {
		if n := call(t, m, "int", int64(1), int64(3)).(int64); n < 1 || n > 3 {
			t.Fatalf("int = %d", n)
		}
		if s := call(t, m, "token", int64(11)).(string); !regexp.MustCompile(`^[A-Za-z0-9]{11}$`).MatchString(s) {
			t.Fatalf("token = %q", s)
		}
	}
	if b := call(t, m, "bytes", int64(5)).(value.Bytes); len(b) != 5 {
		t.Errorf("bytes = %q", b)
	}
	last := ""
	for range 50 {
		if s := call(t, u, "v4").(string); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(s) {
			t.Fatalf("v4 = %q", s)
		}
		s := call(t, u, "v7").(string)
		if s[14] != '7' || s[:13] < last {
			t.Fatalf("v7 = %q after %q", s, last)
		}
		last = s[:13]
	}
}
