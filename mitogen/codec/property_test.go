package codec_test

import (
	"bytes"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// generator makes values from a seed.
type generator struct {
	*rand.Rand
	plain bool // only what every CBOR library knows
}

func (g generator) value(depth int) value.Value {
	kinds := 20
	if depth == 0 {
		kinds = 14
	}
	if g.plain {
		return g.plainValue(depth)
	}
	switch n := g.IntN(kinds); n {
	case 14:
		return value.List(g.values(depth - 1))
	case 15:
		return value.Tuple(g.values(depth - 1))
	case 16, 17:
		return g.dict(depth - 1)
	case 18:
		return &value.Struct{Name: g.text(), Fields: g.fields(depth - 1)}
	case 19:
		return g.error(depth - 1)
	default:
		return g.scalar(n)
	}
}

func (g generator) scalar(n int) value.Value {
	switch n {
	case 0:
		return nil
	case 1:
		return g.IntN(2) == 0
	case 2:
		return int64(g.Uint64()) >> g.IntN(64)
	case 3:
		return value.Int(g.bigInt())
	case 4:
		return math.Float64frombits(g.Uint64())
	case 5:
		return value.Bytes(g.text())
	case 6:
		return value.Blob(g.text())
	case 7:
		return secretOf(g.text())
	case 8:
		return time.Unix(int64(g.Uint64()>>20), g.Int64N(1e9)).In(time.FixedZone(g.text(), g.IntN(86400)-43200))
	case 9:
		return time.Duration(g.Uint64())
	case 10:
		return value.ContextRef{ID: g.Uint32(), Name: g.text()}
	case 11:
		return value.SenderRef{Context: g.Uint32(), Handle: g.Uint32(), Window: g.Int64N(3)}
	case 12:
		return &value.Func{Lang: "lua", Name: g.text(), Root: value.Hash{byte(g.IntN(256)), 1}}
	}
	return g.text()
}

func (g generator) plainValue(depth int) value.Value {
	if depth > 0 {
		switch g.IntN(3) {
		case 0:
			return value.List(g.values(depth - 1))
		case 1:
			d := value.NewDict(0)
			for range g.IntN(12) {
				if err := d.Set(g.text(), g.value(depth-1)); err != nil {
					panic(err)
				}
			}
			return d
		}
	}
	if n := g.IntN(7); n < 6 {
		return g.scalar(n)
	}
	return g.text()
}

func (g generator) values(depth int) []value.Value {
	out := make([]value.Value, g.IntN(5))
	for i := range out {
		out[i] = g.value(depth)
	}
	return out
}

func (g generator) dict(depth int) *value.Dict {
	d := value.NewDict(0)
	for range g.IntN(20) {
		if k := g.value(1); value.Hashable(k) == nil {
			if err := d.Set(k, g.value(depth)); err != nil {
				panic(err)
			}
		}
	}
	return d
}

func (g generator) fields(depth int) []value.Field {
	out := make([]value.Field, g.IntN(4))
	for i := range out {
		out[i] = value.Field{Name: g.text(), Value: g.value(depth)}
	}
	return out
}

func (g generator) error(depth int) *value.Error {
	e := value.Errorf(value.KindOS, "%s", g.text())
	e.Context, e.Attrs = g.text(), g.fields(depth)
	for range g.IntN(3) {
		e.Traceback = append(e.Traceback, value.Frame{File: g.text(), Line: g.IntN(1000), Function: g.text()})
	}
	if depth > 0 && g.IntN(2) == 0 {
		e.Cause = g.error(depth - 1)
	}
	return e
}

func (g generator) bigInt() *big.Int {
	b := make([]byte, g.IntN(20))
	for i := range b {
		b[i] = byte(g.IntN(256))
	}
	i := new(big.Int).SetBytes(b)
	if g.IntN(2) == 0 {
		i.Neg(i)
	}
	return i
}

func (g generator) text() string {
	b := make([]rune, g.IntN(30))
	for i := range b {
		b[i] = rune(g.IntN(0x250))
	}
	s := string(b)
	if !g.plain && g.IntN(5) == 0 {
		return s + "\xff\x00"
	}
	return s
}

func TestGeneratedValuesComeBack(t *testing.T) {
	for seed := range uint64(1000) {
		v := generator{Rand: rand.New(rand.NewPCG(seed, 1))}.value(4)
		b, err := codec.Encode(v)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		got, err := codec.Decode(b, codec.Limits{Funcs: true})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if show(got) != show(v) {
			t.Fatalf("seed %d:\ngot  %s\nwant %s", seed, show(got), show(v))
		}
		again, err := codec.Encode(got)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("seed %d: encoded again: %x, %v, want %x", seed, again, err, b)
		}
		for cut := range min(len(b), 60) {
			if _, err := codec.Decode(b[:len(b)-1-cut], codec.Limits{Funcs: true}); err == nil {
				t.Fatalf("seed %d: accepted without its last %d bytes", seed, cut+1)
			}
		}
	}
}

// TestAgainstAnotherImplementation holds plain values against fxamacker/cbor, in
// both directions.
func TestAgainstAnotherImplementation(t *testing.T) {
	enc, err := cbor.EncOptions{BigIntConvert: cbor.BigIntConvertNone, NaNConvert: cbor.NaNConvertNone}.EncMode()
	if err != nil {
		t.Fatal(err)
	}
	dec, err := cbor.DecOptions{BigIntDec: cbor.BigIntDecodePointer, IntDec: cbor.IntDecConvertSignedOrBigInt}.DecMode()
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(1000) {
		v := generator{Rand: rand.New(rand.NewPCG(seed, 2)), plain: true}.value(3)
		ours, err := codec.Encode(v)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var got any
		if err := dec.Unmarshal(ours, &got); err != nil {
			t.Fatalf("seed %d: the other refuses %x: %v", seed, ours, err)
		}
		if want := foreign(v); !reflect.DeepEqual(comparable(got), comparable(want)) {
			t.Fatalf("seed %d: the other reads %#v, want %#v", seed, got, want)
		}
		theirs, err := enc.Marshal(foreign(v))
		if err != nil {
			t.Fatal(err)
		}
		back, err := codec.Decode(theirs, codec.Limits{})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if !reflect.DeepEqual(comparable(foreign(back)), comparable(foreign(v))) {
			t.Fatalf("seed %d: we read %s, want %s", seed, show(back), show(v))
		}
	}
}

// foreign gives v in the types of the other library.
func foreign(v value.Value) any {
	switch v := v.(type) {
	case value.Bytes:
		return []byte(v)
	case value.List:
		out := make([]any, len(v))
		for i := range v {
			out[i] = foreign(v[i])
		}
		return out
	case *value.Dict:
		out := make(map[any]any, v.Len())
		for _, it := range v.Items() {
			out[it.Key] = foreign(it.Value)
		}
		return out
	}
	return v
}

// comparable replaces what DeepEqual does not compare by value.
func comparable(v any) any {
	switch v := v.(type) {
	case float64:
		return [1]uint64{math.Float64bits(v)}
	case *big.Int:
		return "big " + v.String()
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = comparable(v[i])
		}
		return out
	case map[any]any:
		out := make(map[any]any, len(v))
		for k, e := range v {
			out[k] = comparable(e)
		}
		return out
	}
	return v
}
