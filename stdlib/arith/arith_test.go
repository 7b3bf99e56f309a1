package arith_test

import (
	"context"
	"math/big"
	"reflect"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/arith"
)

func TestFunctions(t *testing.T) {
	huge, _ := new(big.Int).SetString("1267650600228229401496703205376", 10)
	for _, tc := range []struct {
		name string
		args []value.Value
		want value.Value
	}{
		{"ceil", []value.Value{1.2}, int64(2)},
		{"floor", []value.Value{-1.2}, int64(-2)},
		{"floor", []value.Value{1267650600228229401496703205376.0}, huge},
		{"sqrt", []value.Value{int64(16)}, 4.0},
		{"log", []value.Value{8.0, int64(2)}, 3.0},
		{"pow", []value.Value{int64(2), 0.5 + 0.5}, 2.0},
	} {
		for _, f := range arith.Module().Funcs {
			if f.Name != tc.name {
				continue
			}
			if got, err := f.CallGo(context.Background(), tc.args, nil); err != nil || !reflect.DeepEqual(got, tc.want) {
				t.Errorf("%s%v = %v, %v", tc.name, tc.args, got, err)
			}
		}
	}
}
