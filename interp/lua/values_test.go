package lua_test

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/lua"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// foreign is a function of another language.
type foreign struct{ interp.Callable }

func (foreign) FuncName() string { return "foreign" }
func (foreign) Call(_ context.Context, args []value.Value, kwargs []value.Field) (value.Value, error) {
	if len(args) == 0 {
		return nil, value.Errorf(value.KindValue, "no arguments")
	}
	return value.Tuple{args[0], int64(len(kwargs))}, nil
}
func (foreign) Port() (value.Value, error) {
	return &value.Func{Lang: "other", Name: "foreign", Builtin: "foreign"}, nil
}

// other is a language that has one function.
type other struct{ interp.Interp }

func (other) Name() string { return "other" }
func (other) Revive(context.Context, *value.Func, interp.Fetch) (interp.Callable, error) {
	return foreign{}, nil
}

// samples makes the module s of the given values.
func samples(vs map[string]value.Value) *interp.Module {
	m := &interp.Module{Name: "s", Attr: func(_ context.Context, name string) (value.Value, bool) {
		v, ok := vs[name]
		return v, ok
	}}
	return m
}

func TestForeignFunctions(t *testing.T) {
	m := samples(map[string]value.Value{"f": foreign{}})
	master, child := newWorld(t, nil, m), newWorld(t, nil)
	child.host.Register(other{})
	got := master.mustRun(`local f = s.f; print(f("a")); print(f("a", mitogen.kwargs{x = 1})); print(select(2, pcall(f)).kind)`)
	if got != "a\t0\na\t1\nValueError\n" {
		t.Error(got)
	}
	if v, err := call(master, master.function("s.f"), "x"); err == nil {
		t.Errorf("a language that is not there was found: %v", v)
	}
	master.mustRun(`local f = s.f; function g(x) return f(x) end`)
	if v, err := call(child, master.function("g"), "x"); err != nil || fmt.Sprint(v) != fmt.Sprint(value.Tuple{"x", int64(0)}) {
		t.Error(v, err)
	}
}

func TestValuesKeepTheirForm(t *testing.T) {
	dict := value.NewDict(3)
	for _, k := range []value.Value{"b", int64(2), "a", int64(1), 1.5, value.Tuple{int64(1)}} {
		_ = dict.Set(k, nil)
	}
	set, _ := value.NewSet("x", int64(2))
	vs := map[string]value.Value{
		"dict": dict, "set": set, "big": new(big.Int).Lsh(big.NewInt(1), 70), "wide": int64(1<<53 + 1),
		"nested": value.List{value.Tuple{}, value.List{nil}, &value.Dict{}},
		"time":   time.Unix(5, 6).UTC(), "span": 3 * time.Second, "bytes": value.Bytes("\xff"), "blob": value.Blob("x"),
		"struct": &value.Struct{Name: "p", Fields: []value.Field{{Name: "end", Value: nil}, {Name: "b", Value: value.List{}}}},
		"ref":    value.ContextRef{ID: 3, Name: "web1"},
	}
	w := newWorld(t, nil, samples(vs))
	for name, want := range vs {
		v, _, err := w.in.Eval(context.Background(), interp.Source{Path: "e", Text: []byte("s." + name)})
		if show(v) != show(want) || err != nil {
			t.Errorf("%s: got %s, want %s (%v)", name, show(v), show(want), err)
		}
	}
}

func show(v value.Value) string {
	switch v := v.(type) {
	case *value.Dict:
		return fmt.Sprintf("dict %v", append([]value.Item{}, v.Items()...))
	case *value.Set:
		return fmt.Sprintf("set %#v", v.Items())
	case value.List:
		parts := make([]string, len(v))
		for i, it := range v {
			parts[i] = show(it)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *value.Struct:
		return fmt.Sprintf("%s%#v", v.Name, v.Fields)
	}
	return fmt.Sprintf("%#v", v)
}

func TestTimesAndBigNumbers(t *testing.T) {
	w := newWorld(t, nil, samples(map[string]value.Value{
		"t": time.Unix(100, 0).UTC(), "d": 90 * time.Second, "b": new(big.Int).Lsh(big.NewInt(1), 70), "set": func() value.Value {
			s, _ := value.NewSet("a", "b")
			return s
		}(),
	}))
	got := w.mustRun(`
		print(s.t + s.d, s.t - (s.t - s.d) == s.d, s.t < s.t + s.d, s.t.year, s.t:format("15:04"))
		print(s.d * 2, s.d / 2, s.d / s.d, -s.d, s.d.seconds, s.d <= s.d)
		print(s.b, s.b + 1, s.b - s.b, s.b > s.b - 1, s.b == s.b + 0, s.b / s.b, -s.b % 7, "n" .. s.b)
		print(s.set.a, s.set.x, #s.set)
		print(pcall(function() return s.d + 1 end))`)
	want := "1970-01-01 00:03:10 +0000 UTC\ttrue\ttrue\t1970\t00:01\n" +
		"3m0s\t45s\t1\t-1m30s\t90\ttrue\n" +
		"1180591620717411303424\t1180591620717411303425\t0\ttrue\ttrue\t1\t5\tn1180591620717411303424\n" +
		"true\tnil\t2\n" +
		"false\tx.lua:6: cannot perform add operation between duration and int\n"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestRecordsWithMethods(t *testing.T) {
	w := newWorld(t, nil, samples(map[string]value.Value{"r": &value.Struct{Name: "answer", Fields: []value.Field{
		{Name: "json", Value: &interp.Func{Name: "json", Params: []interp.Param{{Name: "x"}}, Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			return a.Value("x"), nil
		}}}}}}))
	if got := w.mustRun(`local r = s.r; print(r:json(), r:json(1), r.json(2))`); got != "nil\t1\t2\n" {
		t.Error(got)
	}
}

func TestStruct(t *testing.T) {
	w := newWorld(t, nil)
	got := w.mustRun(`
		local s = struct{b = "x", a = 1, n = mitogen.null}
		print(s, s.a, s.n == nil, struct(), struct{list = {1}}.list[1])
		print(pcall(struct, {1}))
		print(pcall(struct, 1, 2))`)
	want := "struct(b = x, a = 1, n = nil)\t1\ttrue\tstruct()\t1\n" +
		"false\tstruct: the name of a field is a string, got 1\n" +
		"false\tstruct: takes one table, as in struct{a=1}, got 2 arguments\n"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestPlacesOfArguments(t *testing.T) {
	w := newWorld(t, nil)
	for text, want := range map[string]string{
		`t.hand(print, 1, {a = io.stdout})`:         `args[2]["a"]: cannot convert a userdata`,
		`t.opt(1, {b = {io.stdout}})`:               `kwargs["b"][1]: cannot convert a userdata`,
		`t.hand(function() return {io.stdout} end)`: `result[1]: cannot convert a userdata`,
	} {
		if _, err := w.run(text); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	v, _, err := w.in.Eval(context.Background(), interp.Source{Path: "e", Text: []byte("mitogen.state")})
	if err != nil || value.TypeName(v) != "mitogen.state" {
		t.Error(v, err)
	}
}

// TestSideBySide lets calls wait without the lock while others run.
func TestSideBySide(t *testing.T) {
	h := &interp.Host{}
	gate := make(chan struct{})
	h.Modules = []*interp.Module{{Name: "g", Funcs: []*interp.Func{{Name: "wait", Blocking: true,
		Impl: func(context.Context, *interp.Args) (value.Value, error) { <-gate; return nil, nil }}}}}
	interp.Seal(h.Modules)
	in := lua.New(h)
	h.Lock.Lock()
	_, err := in.Run(context.Background(), interp.Source{Path: "x.lua", Text: []byte(
		`n = 0; function f() local co = coroutine.wrap(function() local before = n; n = n + 1; g.wait(); coroutine.yield(before); n = n + 1 end); local b = co(); co(); return b end; function get() return n end`)})
	if err != nil {
		t.Fatal(err)
	}
	v, _, _ := in.Eval(context.Background(), interp.Source{Path: "e", Text: []byte("f")})
	h.Lock.Unlock()
	done := make(chan error)
	for range 20 {
		go func() {
			h.Lock.Do(func() {
				_, err := v.(interp.Callable).Call(context.Background(), nil, nil)
				done <- err
			})
		}()
	}
	close(gate)
	for range 20 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	h.Lock.Lock()
	defer h.Lock.Unlock()
	if n, _, _ := in.Eval(context.Background(), interp.Source{Path: "e", Text: []byte("n")}); n != int64(40) {
		t.Error(n)
	}
}
