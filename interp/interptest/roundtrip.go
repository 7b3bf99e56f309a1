package interptest

import (
	"fmt"
	"io/fs"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// RoundTrips sends generated values through a language and to another process and
// back. The file "roundtrip" of the language has the functions hand(x), which returns
// t.remote(echo, x), and carry(x), which returns t.remote of a function without
// parameters that refers to x.
func RoundTrips(t *testing.T, lang Language) {
	w := NewWorld(lang)
	name := "roundtrip" + w.Master.Interp.Extension()
	text, err := fs.ReadFile(lang.Files, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := w.Master.Run(t.Context(), interp.Source{Path: name, Text: text})
	if err != nil {
		t.Fatal(value.AsError(err).Report())
	}
	for seed := range uint64(300) {
		g := generator{rand.New(rand.NewPCG(seed, 1)), w.Master.Interp.Name() == "lua"}
		v := g.value(4)
		for _, how := range []string{"hand", "carry"} {
			got, err := w.callMaster(t, s, how, v)
			if err != nil {
				t.Fatalf("seed %d: %s: %v\n%s", seed, how, err, Show(v))
			}
			if got, want := Show(got), Show(g.expected(v)); got != want {
				t.Fatalf("seed %d: %s:\n got %s\nwant %s", seed, how, got, want)
			}
		}
	}
	for _, how := range []string{"hand", "carry"} {
		if got, err := w.callMaster(t, s, how, nested(990)); err != nil || Show(got) != Show(nested(990)) {
			t.Errorf("%s: nested deeply: %v", how, err)
		}
		if _, err := w.callMaster(t, s, how, nested(1100)); err == nil ||
			!strings.Contains(err.Error(), "nested more than 1000 deep") || len(err.Error()) > 200 {
			t.Errorf("%s: nested too deeply: %v", how, err)
		}
	}
}

func (w *World) callMaster(t *testing.T, s interp.Script, name string, v value.Value) (got value.Value, err error) {
	fn, ok := s.Global(name)
	if !ok {
		t.Fatalf("there is no %s", name)
	}
	w.Master.Host.Lock.Do(func() { got, err = fn.Call(t.Context(), []value.Value{v}, nil) })
	return got, err
}

func nested(depth int) value.Value {
	v := value.Value(int64(1))
	for range depth {
		v = value.List{v}
	}
	return v
}

// generator makes values from a seed.
type generator struct {
	*rand.Rand
	lua bool
}

func (g generator) value(depth int) value.Value {
	if depth == 0 {
		return g.scalar()
	}
	switch g.IntN(8) {
	case 0, 1:
		return value.List(g.values(depth - 1))
	case 2:
		return value.Tuple(g.values(depth - 1))
	case 3, 4:
		d := value.NewDict(0)
		for range g.IntN(8) {
			must(d.Set(g.key(), g.value(depth-1)))
		}
		return d
	case 5:
		s, err := value.NewSet()
		must(err)
		for range g.IntN(5) {
			must(s.Add(g.key()))
		}
		return s
	case 6:
		s := &value.Struct{Name: "rec"}
		for i := range g.IntN(4) {
			s.Fields = append(s.Fields, value.Field{Name: fmt.Sprintf("f%d", i), Value: g.value(depth - 1)})
		}
		return s
	}
	return g.scalar()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func (g generator) values(depth int) []value.Value {
	out := make([]value.Value, g.IntN(5))
	for i := range out {
		out[i] = g.value(depth)
	}
	return out
}

func (g generator) key() value.Value {
	switch g.IntN(5) {
	case 0:
		return g.Int64N(20) - 10
	case 1:
		return g.IntN(2) == 0
	case 2:
		return 0.25 + float64(g.IntN(9))
	case 3:
		return value.Tuple{g.Int64N(9), fmt.Sprint("t", g.IntN(9))}
	}
	return fmt.Sprint("k", g.IntN(30))
}

func (g generator) scalar() value.Value {
	switch g.IntN(11) {
	case 0:
		return nil
	case 1:
		return g.IntN(2) == 0
	case 2:
		return int64(g.Uint64()) >> g.IntN(64)
	case 3:
		return value.Int(new(big.Int).Lsh(big.NewInt(int64(g.Uint64())), uint(g.IntN(200))))
	case 4:
		return math.Float64frombits(g.Uint64())
	case 5:
		return []float64{0, 1, -2.5, math.NaN(), math.Inf(1), math.Inf(-1), 1 << 53, 1 << 60}[g.IntN(8)]
	case 6:
		return value.Bytes(g.text())
	case 7:
		return value.Blob(g.text())
	case 8:
		return time.Unix(g.Int64N(4e9), g.Int64N(1e9)).UTC()
	case 9:
		return time.Duration(g.Int64N(1e15))
	}
	return g.text()
}

func (g generator) text() string {
	b := make([]rune, g.IntN(12))
	for i := range b {
		b[i] = rune(g.IntN(0x250))
	}
	if g.IntN(5) == 0 {
		return string(b) + "\xff\x00"
	}
	return string(b)
}

// expected is what comes back of v: in Lua there is one type of numbers and one of
// text.
func (g generator) expected(v value.Value) value.Value {
	if !g.lua {
		return v
	}
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) <= 1<<53 {
			return int64(v)
		}
	case value.Bytes:
		return plainText(string(v))
	case string:
		return plainText(v)
	case value.List:
		return value.List(g.expectedAll(v))
	case value.Tuple:
		return value.Tuple(g.expectedAll(v))
	case *value.Dict:
		d := value.NewDict(v.Len())
		for _, it := range v.Items() {
			d.Append(it.Key, g.expected(it.Value))
		}
		return d
	case *value.Struct:
		s := &value.Struct{Name: v.Name}
		for _, f := range v.Fields {
			s.Fields = append(s.Fields, value.Field{Name: f.Name, Value: g.expected(f.Value)})
		}
		return s
	}
	return v
}

func (g generator) expectedAll(all []value.Value) []value.Value {
	out := make([]value.Value, len(all))
	for i, v := range all {
		out[i] = g.expected(v)
	}
	return out
}

func plainText(s string) value.Value {
	if utf8.ValidString(s) {
		return s
	}
	return value.Bytes(s)
}

// Across passes generated values through a function of each language in turn, as
// a call and its answer carry them from one language to the other and back.
func Across(t *testing.T, first, second Language) {
	type side struct {
		p  *Process
		fn interp.Callable
	}
	echo := func(lang Language) side {
		p := NewWorld(lang).Master
		v, ok, err := evalFunction(t, p)
		if err != nil || !ok {
			t.Fatalf("%s: %v", p.Interp.Name(), err)
		}
		return side{p, v}
	}
	sides := []side{echo(first), echo(second), echo(first)}
	for seed := range uint64(300) {
		g := generator{rand.New(rand.NewPCG(seed, 2)), true} // what both languages can tell apart
		v := g.value(4)
		want, got := Show(g.expected(v)), v
		for _, s := range sides {
			data, err := codec.Encode(got)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			arrived, err := codec.Decode(data, codec.Limits{})
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			s.p.Host.Lock.Do(func() { got, err = s.fn.Call(t.Context(), []value.Value{arrived}, nil) })
			if err != nil {
				t.Fatalf("seed %d: %s: %v\n%s", seed, s.p.Interp.Name(), err, Show(arrived))
			}
		}
		if got := Show(got); got != want {
			t.Fatalf("seed %d:\n got %s\nwant %s", seed, got, want)
		}
	}
}

// evalFunction gives a function that returns its argument.
func evalFunction(t *testing.T, p *Process) (fn interp.Callable, ok bool, err error) {
	code := map[string]string{"lua": "function(x) return x end", "starlark": "lambda x: x"}[p.Interp.Name()]
	var v value.Value
	p.Host.Lock.Do(func() { v, _, err = p.Interp.Eval(t.Context(), interp.Source{Path: "echo", Text: []byte(code)}) })
	fn, ok = v.(interp.Callable)
	return fn, ok, err
}
