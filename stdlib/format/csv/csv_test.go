package csv_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format/csv"
)

func call(t *testing.T, i int, args ...value.Value) (value.Value, error) {
	t.Helper()
	return csv.Module().Funcs[i].CallGo(context.Background(), args, nil)
}

func TestCSV(t *testing.T) {
	text := "name,port\nweb1,22\n\"a,\"\"b\"\"\",\n"
	rows, err := call(t, 1, text)
	if err != nil || len(rows.(value.List)) != 2 {
		t.Fatalf("got %v, %v", rows, err)
	}
	if v, _ := rows.(value.List)[1].(*value.Dict).Get("name"); v != `a,"b"` {
		t.Errorf("got %v", v)
	}
	if again, err := call(t, 0, rows); again != text || err != nil {
		t.Errorf("got %q, %v", again, err)
	}
	lists, _ := call(t, 1, "1,2\n3\n", false)
	if !reflect.DeepEqual(lists, value.List{value.List{"1", "2"}, value.List{"3"}}) {
		t.Errorf("got %v", lists)
	}
	if s, err := call(t, 0, value.List{value.List{int64(1), 2.0, nil, true}}); s != "1,2.0,,True\n" {
		t.Errorf("got %q, %v", s, err)
	}
	alone := value.List{value.List{""}, value.List{"x"}}
	if s, _ := call(t, 0, alone); s != "\"\"\nx\n" {
		t.Errorf("got %q", s)
	} else if again, err := call(t, 1, s, false); !reflect.DeepEqual(again, alone) {
		t.Errorf("got %v, %v", again, err)
	}
	if _, err := call(t, 1, "a\n\"x"); !errors.Is(err, value.KindParse) {
		t.Errorf("got %v", err)
	}
	if _, err := call(t, 0, value.List{int64(1)}); !errors.Is(err, value.KindValue) {
		t.Errorf("got %v", err)
	}
}
