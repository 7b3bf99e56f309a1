package regex_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/regex"
)

func call(t *testing.T, name string, args ...value.Value) (value.Value, error) {
	t.Helper()
	for _, f := range regex.Module().Funcs {
		if f.Name == name {
			return f.CallGo(context.Background(), args, nil)
		}
	}
	t.Fatalf("no function %s", name)
	return nil, nil
}

func TestFunctions(t *testing.T) {
	for _, tc := range []struct {
		name string
		args []value.Value
		want value.Value
	}{
		{"find_all", []value.Value{`\d+`, "a1b22"}, value.List{"1", "22"}},
		{"find_all", []value.Value{`(\w)=(\d)?`, "a=1 b="}, value.List{value.Tuple{"a", "1"}, value.Tuple{"b", ""}}},
		{"find_all", []value.Value{`a(b)`, "abab"}, value.List{"b", "b"}},
		{"split", []value.Value{`,\s*`, "a, b,c"}, value.List{"a", "b", "c"}},
		{"split", []value.Value{`(,)|;`, "a,b;c"}, value.List{"a", ",", "b", nil, "c"}},
		{"split", []value.Value{`,`, "a,b,c", int64(1)}, value.List{"a", "b,c"}},
		{"sub", []value.Value{`(\w+)@(?P<host>\w+)`, `\g<host>!\1\\`, "me@web1"}, `web1!me\`},
		{"sub", []value.Value{`a`, `b`, "aaa", int64(2)}, "bba"},
		{"sub", []value.Value{`\Aa|b\Z`, `-`, "aab"}, "-a-"},
		{"match", []value.Value{"b", "ab"}, nil},
		{"escape", []value.Value{"a.b"}, `a\.b`},
	} {
		got, err := call(t, tc.name, tc.args...)
		if err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s(%q) = %#v, %v; want %#v", tc.name, tc.args, got, err, tc.want)
		}
	}
}

func TestMatchObject(t *testing.T) {
	v, err := call(t, "search", `(?P<name>\w+)=(\d+)?(x)?`, "  port=22")
	if err != nil {
		t.Fatal(err)
	}
	m := v.(interp.Object)
	for _, tc := range []struct {
		method string
		args   []value.Value
		want   value.Value
	}{
		{"group", nil, "port=22"},
		{"group", []value.Value{"name"}, "port"},
		{"group", []value.Value{int64(3)}, nil},
		{"groups", nil, value.Tuple{"port", "22", nil}},
		{"span", []value.Value{int64(2)}, value.Tuple{int64(7), int64(9)}},
	} {
		f, _ := m.Attr(tc.method)
		got, err := f.(*interp.Func).CallGo(context.Background(), tc.args, nil)
		if err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s(%v) = %#v, %v; want %#v", tc.method, tc.args, got, err, tc.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, args := range [][]value.Value{{"(", "x", "y"}, {"a", `\1`, "a"}, {"a", `\g<no>`, "a"}} {
		if _, err := call(t, "sub", args...); !value.AsError(err).IsA(value.KindValue) {
			t.Errorf("sub(%q) = %v; want a ValueError", args, err)
		}
	}
}
