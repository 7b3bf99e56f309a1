package value_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

func TestInt(t *testing.T) {
	for _, s := range []string{"0", "-9223372036854775808", "9223372036854775807"} {
		if v, ok := value.Int(bigOf(s)).(int64); !ok {
			t.Errorf("%s is not an int64: %v", s, v)
		}
	}
	for _, s := range []string{"-9223372036854775809", "9223372036854775808"} {
		if v, ok := value.Int(bigOf(s)).(*big.Int); !ok || v.String() != s {
			t.Errorf("%s became %v", s, v)
		}
	}
}

func TestStructGet(t *testing.T) {
	s := &value.Struct{Fields: []value.Field{{Name: "a", Value: nil}, {Name: "b", Value: "x"}}}
	if v, ok := s.Get("a"); v != nil || !ok {
		t.Error("an attribute that is null is not found")
	}
	if v, ok := s.Get("b"); v != "x" || !ok {
		t.Error(v)
	}
	if _, ok := s.Get("c"); ok {
		t.Error("an unknown attribute is found")
	}
}

type named struct{}

func (named) TypeName() string { return "Receiver" }

func TestTypeName(t *testing.T) {
	for want, v := range map[string]value.Value{
		"null": nil, "bool": true, "int": bigOf("1"), "float": math.Pi, "string": "", "bytes": value.Bytes(""),
		"Blob": value.Blob(""), "Secret": value.Secret{}, "list": value.List(nil), "tuple": value.Tuple(nil),
		"dict": &value.Dict{}, "set": &value.Set{}, "struct": &value.Struct{}, "time": time.Time{}, "duration": time.Second,
		"Context": value.ContextRef{}, "Sender": value.SenderRef{}, "function": &value.Func{}, "error": &value.Error{},
		"Receiver": named{},
	} {
		if got := value.TypeName(v); got != want {
			t.Errorf("%T: %s, want %s", v, got, want)
		}
	}
}
