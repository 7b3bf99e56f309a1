package codec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// What Bulk leaves where it stands makes, behind Buf, the encoding that Value makes.
func TestBulkIsTheSameEncoding(t *testing.T) {
	large := strings.Repeat("0123456789", 10_000)
	for _, v := range []value.Value{large, value.Bytes(large), value.Bytes(large + "\xff")} {
		want, err := codec.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		e := codec.Encoder{Max: len(want)}
		tail, err := e.Bulk(v)
		if err != nil || tail == "" || string(e.Buf)+tail != string(want) {
			t.Errorf("%T: %d and %d bytes, want %d in all, %v", v, len(e.Buf), len(tail), len(want), err)
		}
		e = codec.Encoder{Max: len(want) - 1}
		if tail, err = e.Bulk(v); tail != "" || !errors.Is(err, value.KindChannel) {
			t.Errorf("%T, a byte too large: %d bytes, %v", v, len(tail), err)
		}
	}
}

func TestBulkLeavesAllElseToValue(t *testing.T) {
	large := strings.Repeat("x", 100_000)
	for name, v := range map[string]value.Value{
		"small bytes": value.Bytes("x"), "small text": "x", "text that is not UTF-8": large + "\xff",
		"a list": value.List{large}, "blob": value.Blob(large), "null": nil,
	} {
		e := codec.Encoder{}
		if tail, err := e.Bulk(v); tail != "" || err != nil || len(e.Buf) > 0 {
			t.Errorf("%s: %d and %d bytes, %v", name, len(e.Buf), len(tail), err)
		}
	}
}
