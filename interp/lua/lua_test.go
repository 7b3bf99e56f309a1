package lua_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/lua"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// files is a Loader of library modules that are all in memory.
type files map[string]string

// Local makes it an interp.LocalLoader.
func (f files) Local() {}

func (f files) Find(_ context.Context, importer, name, ext string) (interp.Source, error) {
	path := strings.ReplaceAll(name, ".", "/") + ext
	text, ok := f[path]
	if !ok {
		return interp.Source{}, value.Errorf(value.KindError, "module %s not found beside %s", name, importer)
	}
	return interp.Source{Path: path, Text: []byte(text)}, nil
}

// world is one process: a Host with a Lua language.
type world struct {
	t    *testing.T
	host *interp.Host
	in   *lua.Interp
	out  bytes.Buffer
}

func newWorld(t *testing.T, lib files, modules ...*interp.Module) *world {
	t.Helper()
	w := &world{t: t}
	modules = append(modules, testModules()...)
	interp.Seal(modules)
	w.host = &interp.Host{Modules: modules, Loader: lib, Stdout: &w.out}
	w.in = lua.New(w.host)
	return w
}

// run runs a main script and returns what it printed.
func (w *world) run(text string) (string, error) { return w.runContext(context.Background(), text) }

func (w *world) runContext(ctx context.Context, text string) (string, error) {
	w.out.Reset()
	w.host.Lock.Lock()
	defer w.host.Lock.Unlock()
	_, err := w.in.Run(ctx, interp.Source{Path: "x.lua", Text: []byte(text)})
	return w.out.String(), err
}

func (w *world) mustRun(text string) string {
	w.t.Helper()
	out, err := w.run(text)
	if err != nil {
		w.t.Fatalf("run: %s", value.AsError(err).Report())
	}
	return out
}

// function returns the value of a global that the last run set.
func (w *world) function(expr string) interp.Callable {
	w.t.Helper()
	w.host.Lock.Lock()
	defer w.host.Lock.Unlock()
	v, _, err := w.in.Eval(context.Background(), interp.Source{Path: "eval", Text: []byte(expr)})
	if err != nil {
		w.t.Fatalf("eval %s: %v", expr, err)
	}
	fn, ok := v.(interp.Callable)
	if !ok {
		w.t.Fatalf("%s is a %T", expr, v)
	}
	return fn
}

// testModules are a small standard library.
func testModules() []*interp.Module {
	ident := func(_ context.Context, a *interp.Args) (value.Value, error) { return a.Value("x"), nil }
	return []*interp.Module{
		{Name: "t", Funcs: []*interp.Func{
			{Name: "id", Params: []interp.Param{{Name: "x", Required: true}}, Impl: ident},
			{Name: "show", Params: []interp.Param{{Name: "x"}}, Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				return fmt.Sprintf("%T %#v", a.Value("x"), a.Value("x")), nil
			}},
			{Name: "opt", Params: []interp.Param{{Name: "a", Required: true}, {Name: "b", Default: int64(7)}}, Keywords: "kw",
				Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
					return fmt.Sprint(a.Value("a"), a.Value("b"), len(a.Keywords)), nil
				}},
			{Name: "encode", Params: []interp.Param{{Name: "value", Required: true}, {Name: "indent"}},
				Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
					return fmt.Sprintf("%T %v", a.Value("value"), a.Value("indent")), nil
				}},
			{Name: "hand", HandsOn: true, Spread: true, Params: []interp.Param{{Name: "fn", Required: true}}, Rest: "args", Keywords: "kwargs",
				Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
					fn, _, err := a.Callable("fn")
					if err != nil {
						return nil, err
					}
					return fn.Call(ctx, a.Rest, a.Keywords)
				}},
			{Name: "fail", Impl: func(context.Context, *interp.Args) (value.Value, error) {
				return nil, value.Errorf(value.KindOS, "cannot open /x: no such file").With("errno", "ENOENT")
			}},
			{Name: "panic", Impl: func(context.Context, *interp.Args) (value.Value, error) { panic("boom") }},
			{Name: "wait", Blocking: true, Impl: func(ctx context.Context, _ *interp.Args) (value.Value, error) {
				<-ctx.Done()
				return nil, context.Cause(ctx)
			}},
			{Name: "local", Impl: func(context.Context, *interp.Args) (value.Value, error) { return "local", nil }},
			{Name: "record", Impl: func(context.Context, *interp.Args) (value.Value, error) {
				return &value.Struct{Name: "rec", Fields: []value.Field{{Name: "a", Value: int64(1)}, {Name: "none", Value: nil}}}, nil
			}},
			{Name: "counter", Params: []interp.Param{{Name: "n", Default: int64(3)}, {Name: "key"}}, Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				n, err := a.Int("n")
				return &counter{left: int(n), key: a.Value("key")}, err
			}},
		}},
		{Name: "os", Merge: true, Funcs: []*interp.Func{
			{Name: "hostname", Impl: func(context.Context, *interp.Args) (value.Value, error) { return "web1", nil }},
		}},
		{Name: "mitogen", Attr: func(_ context.Context, name string) (value.Value, bool) { return int64(0), name == "context_id" }, AttrNames: []string{"context_id"}},
		{Name: "Select", Call: &interp.Func{Name: "Select", Params: []interp.Param{{Name: "receivers", Default: value.List{}}, {Name: "oneshot", Default: true}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				rs, err := a.List("receivers")
				return fmt.Sprint(len(rs), a.Value("oneshot")), err
			}}, Funcs: []*interp.Func{{Name: "all", Impl: func(context.Context, *interp.Args) (value.Value, error) { return "all", nil }}}},
		{Name: "glob", Only: "starlark"},
	}
}

// counter is an object of every ability.
type counter struct {
	left int
	key  value.Value
	name string
}

func (c *counter) TypeName() string    { return "Counter" }
func (c *counter) AttrNames() []string { return []string{"get", "left", "name"} }
func (c *counter) Attr(name string) (value.Value, bool) {
	switch name {
	case "left":
		return int64(c.left), true
	case "name":
		return c.name, true
	case "get":
		return &interp.Func{Name: "get", Params: []interp.Param{{Name: "timeout"}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) { return a.Value("timeout"), nil }}, true
	}
	return nil, false
}
func (c *counter) SetAttr(_ context.Context, name string, v value.Value) error {
	if name != "name" {
		return value.Errorf(value.KindError, "%s cannot be set", name)
	}
	c.name, _ = v.(string)
	return nil
}
func (c *counter) Next(context.Context) (value.Value, bool, error) {
	c.left--
	return int64(c.left), c.left >= 0, nil
}
func (c *counter) Len() int { return c.left }
func (c *counter) Unpack() ([]value.Value, error) {
	return []value.Value{int64(1), "two"}, nil
}
func (c *counter) Key() any {
	if c.key == nil {
		return c
	}
	return c.key
}
func (c *counter) Show() string { return "<Counter " + c.name + ">" }

func TestScripts(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"shebang", "#!/usr/bin/mitoscript\nprint(1)", "1\n"},
		{"convert", `print(t.show(1), t.show(1.5), t.show("a"), t.show("\255"), t.show({1,2}), t.show({}))`,
			"int64 1\tfloat64 1.5\tstring \"a\"\tvalue.Bytes \"\\xff\"\tvalue.List value.List{1, 2}\tvalue.List value.List{}\n"},
		{"dicts", `local function ty(x) return (t.show(x):match("^%S+")) end
			print(ty(mitogen.dict{}), ty({a=1, [1]=2}), ty({[3]=1}), ty(t.id(mitogen.list{})), ty(t.record()), ty(Blob("x")), ty(Secret("x")))`,
			"*value.Dict\t*value.Dict\t*value.Dict\tvalue.List\t*value.Struct\tvalue.Blob\tvalue.Secret\n"},
		{"keywords", `print(t.opt("x"), t.opt{a="y"}, t.opt("x", {b=1, c=2}), t.opt(mitogen.dict{a=1}), t.opt({1}))`,
			"x7 0\ty7 0\tx1 1\t{a: 1} 7 0\t[1] 7 0\n"},
		{"values", `print(t.encode{a=1}, t.encode({value=1}), t.encode({a=1}, {indent=2}))`,
			"*value.Dict <nil>\t*value.Dict <nil>\t*value.Dict 2\n"},
		{"hands on", `local function f(a, kw) return a, kw and kw.x end
			print(t.hand(f, 1)) print(t.hand(f, {x=1}) ~= nil) print(t.hand(f, 1, mitogen.kwargs{x=5}))`,
			"1\tnil\ntrue\n1\t5\n"},
		{"modules", `print(os.hostname(), os.time() > 0, mitogen.context_id, Select(), Select({1,2},{oneshot=false}), Select.all(), t.local_(), glob)`,
			"web1\ttrue\t0\t0 true\t2 false\tall\tlocal\tnil\n"},
		{"objects", `local c = t.counter{n=3, key="k"}
			c.name = "n"; print(c, c.left, #c, c.name, c:get(5), c:get{timeout=6}, c:unpack())
			local s = "" for x in c do s = s .. tostring(x) .. " " end print(s)
			local d = t.counter{n=0, key="k"}; local m = {[c]="same"}; print(c == d, m[d], t.counter() == c)`,
			"<Counter n>\t3\t3\tn\t5\t6\t1\ttwo\n2 1 0 \ntrue\tsame\tfalse\n"},
		{"secrets", `local s = Secret("pw"); print(s, "a" .. s, ("%s"):format(s), s:reveal(), Blob("abc"), Blob("abc").bytes, #Blob("abc"))`,
			"[secret]\ta[secret]\t[secret]\tpw\t[blob: 3 bytes]\tabc\t3\n"},
		{"record", `local r = t.record(); print(r.a, r.none == nil, r)`, "1\ttrue\trec(a = 1, none = nil)\n"},
		{"bigint", `local b = t.id(9007199254740992) + 0; local n = mitogen.big; print(b)`, "9007199254740992\n"},
		{"errors", `local ok, e = pcall(t.fail); print(ok, e.kind, e.errno, e:is_a("Error"), e:is_a("ValueError"), e.message, #e.traceback)
			print(select(2, pcall(error, {1}))[1], select(2, pcall(error, "s", 0)))
			print((select(2, pcall(t.panic)).message:gsub("%d+%)$", "N)")))`,
			"false\tOSError\tENOENT\ttrue\tfalse\tcannot open /x: no such file\t1\n1\ts\nt.panic: internal error: boom (at interp/lua/lua_test.go:N)\n"},
		{"pcall keeps captured variables", `local n = 0; local function inc() n = n + 1 end
			pcall(error, "x"); inc(); inc(); print(n)
			local esc; pcall(function() local q = 5; esc = function() q = q + 1 return q end; error("x") end); print(esc(), esc())`, "2\n6\t7\n"},
		{"xpcall", `print(xpcall(function() error("x", 0) end, function(e) return e .. "!" end))
			print((select(2, xpcall(function() local x = nil; x.y = 1 end, debug.traceback))):match("x.lua:%d+") ~= nil)
			print(xpcall(function(a) return a end, print, 9))`, "false\tx!\ntrue\ntrue\t9\n"},
		{"coroutines", `local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1); error("end " .. b, 0) end)
			print(co(1)); print(pcall(co, 2)); print(coroutine.running())
			local c2 = coroutine.create(function() print(pcall(t.fail)) coroutine.yield(1) return 2 end)
			print(coroutine.resume(c2)); print(coroutine.resume(c2)); print(coroutine.status(c2))`,
			"2\nfalse\tend 2\nnil\nfalse\tcannot open /x: no such file\ntrue\t1\ntrue\t2\ndead\n"},
		{"deep", `local function f(n) if n == 0 then return 0 end return 1 + f(n-1) end print(f(5000), (pcall(f, 1e9)))
			local function g() return pcall(g) end print(g())`, "5000\tfalse\n" + strings.Repeat("true\t", 200) + "false\tstack overflow: too many calls inside each other\n"},
		{"string", `print(select("#", ("x"):match("y")), pcall(tonumber, ("x"):match("y"))); print(("a=1"):match("(%w)=(%w)"))
			local g = ("k=v, l=w"):gmatch("(%w)=(%w)"); print(g()); print(g()); print(g()); print(select("#", g()))
			local words = ""; for w in ("one two"):gmatch("%a+") do words = words .. w .. "." end print(words); print(pcall(string.gmatch, "x", "("))`,
			"1\ttrue\tnil\na\t1\nk\tv\nl\tw\nnil\n1\none.two.\nfalse\t unfinished capture at EOS\n"},
		{"load", `print(loadstring("return 1 + 1")(), load(function() return nil end) ~= nil, loadstring("x ="))`,
			"2\ttrue\tnil\t<string>:1: syntax error at the end of the script\n"},
		{"null", `print(mitogen.null, t.id({mitogen.null})[1] == mitogen.null, t.id(mitogen.null))`, "null\ttrue\tnil\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := newWorld(t, nil).mustRun(tc.text); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{`local a = {z={}}; a.z.y = a; t.id(a)`, `args[1]["z"]["y"]: a value cannot contain itself`},
		{`t.id({1, setmetatable({}, {})})`, `args[1][2]: cannot convert a table with a metatable`},
		{`t.id(coroutine.create(print))`, `args[1]: cannot convert a thread`},
		{`t.id(io.stdout)`, `args[1]: cannot convert a userdata`},
		{`t.id()`, `t.id: missing argument x`},
		{`t.counter{m=1}`, `t.counter: unexpected keyword argument m (it takes n, key)`},
		{`print(t.counter().foo)`, `Counter has no attribute foo (it has get, left, name)`},
		{`t.counter().left = 1`, `left cannot be set`},
		{`local a = {} for i = 1, 1200 do a = {a} end t.id(a)`, `args[1][1][1][1][1][1][1][1][1]…[1][1]: cannot send values nested more than 1000 deep`},
	} {
		_, err := newWorld(t, nil).run(tc.text)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s:\n got %v\nwant %s", tc.text, err, tc.want)
		}
	}
}

func TestTraceback(t *testing.T) {
	_, err := newWorld(t, nil).run("local function inner()\n  error('boom')\nend\nfunction outer()\n  inner()\n  return 1\nend\nouter()\n")
	e := value.AsError(err)
	want := []string{"x.lua:8: in <toplevel>", "x.lua:5: in outer", "x.lua:2: in inner"}
	if e.Kind != value.KindScript || e.Message != "x.lua:2: boom" || len(e.Traceback) != 3 {
		t.Fatalf("%s %q %v", e.Kind, e.Message, e.Traceback)
	}
	for i, f := range e.Traceback {
		if f.String() != want[i] {
			t.Errorf("frame %d: %s, want %s", i, f, want[i])
		}
	}
}

func TestTracebackThroughCallbacks(t *testing.T) {
	_, err := newWorld(t, nil).run("local function inner()\n  t.fail()\nend\nlocal co = coroutine.wrap(function()\n  local ok, e = pcall(t.hand, inner)\n  error(e)\nend)\nco()\n")
	e := value.AsError(err)
	if got := fmt.Sprint(e.Traceback); e.Kind != value.KindOS || got != "[x.lua:8: in <toplevel> x.lua:5: in function x.lua:2: in inner]" {
		t.Errorf("%s %s", e.Kind, got)
	}
}

func TestSyntaxErrors(t *testing.T) {
	w := newWorld(t, nil)
	for text, want := range map[string]string{
		"x = = 1":            "x.lua:1:5: syntax error near =",
		"function f(":        "x.lua:1: syntax error at the end of the script",
		"goto nowhere":       "x.lua:2: no visible label 'nowhere' for <goto> at line 1",
		"#!/bin/x\nprint(1)": "",
	} {
		err := w.in.Check(interp.Source{Path: "x.lua", Text: []byte(text)})
		if got := fmt.Sprint(err); got != want && (want != "" || err != nil) {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
		var se *interp.SyntaxError
		if err != nil && !errors.As(err, &se) {
			t.Errorf("%q: %T", text, err)
		}
	}
}

func TestCancellation(t *testing.T) {
	for name, text := range map[string]string{
		"loop":             `while true do end`,
		"loop under pcall": `while true do pcall(function() while true do end end) end`,
		"wait under pcall": `while true do pcall(t.wait) end`,
		"coroutine":        `local co = coroutine.create(function() while true do end end); coroutine.resume(co); while true do end`,
	} {
		t.Run(name, func(t *testing.T) {
			cause := value.Errorf(value.KindTimeout, "the call took longer than 1 s")
			ctx, cancel := context.WithTimeoutCause(context.Background(), 20*time.Millisecond, cause)
			defer cancel()
			_, err := newWorld(t, nil).runContext(ctx, text)
			if !errors.Is(err, value.KindTimeout) || err.Error() != cause.Message {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRequire(t *testing.T) {
	lib := files{
		"lib/disk.lua": "count = (count or 0) + 1\nlocal M = {}\nfunction M.usage() return count end\nfunction helper() return 'h' end\nreturn M",
		"a.lua":        `require "b"`,
		"b.lua":        `require "a"`,
	}
	w := newWorld(t, lib)
	got := w.mustRun(`local d = require "lib.disk"; print(d.usage(), d == require("lib/disk"), require "t" == t, require("string") == string, helper())`)
	if got != "1\ttrue\ttrue\ttrue\th\n" {
		t.Error(got)
	}
	if _, err := w.run(`require "a"`); err == nil || !strings.Contains(err.Error(), "modules require each other: a.lua → b.lua → a.lua") {
		t.Error(err)
	}
	if _, err := w.run(`require "nope"`); err == nil || !strings.Contains(err.Error(), "module nope not found beside x.lua") {
		t.Error(err)
	}
	m, err := w.in.LoadModule(context.Background(), interp.Source{Path: "lib/disk.lua", Text: []byte(lib["lib/disk.lua"])})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"usage", "helper"} {
		if fn, ok := m.Global(name); !ok || fn.FuncName() == "" {
			t.Errorf("%s not found", name)
		}
	}
}

func TestMainIsWatched(t *testing.T) {
	for text, want := range map[string]bool{
		"function main(router) return 1 end":                 false,
		"function main() end main()":                         true,
		"main = function(...) local a = ... end pcall(main)": true,
		"function main() end if false then main() end":       false,
	} {
		w := newWorld(t, nil)
		s, err := w.in.Run(context.Background(), interp.Source{Path: "x.lua", Text: []byte(text)})
		if err != nil {
			t.Fatal(err)
		}
		if s.Called("main") != want {
			t.Errorf("%s: called %v", text, !want)
		}
		fn, ok := s.Global("main")
		if !ok {
			t.Fatalf("%s: no main", text)
		}
		if _, err := fn.Call(context.Background(), nil, nil); err != nil || s.Called("main") != want {
			t.Errorf("%s: later call: %v", text, err)
		}
	}
}

func TestEval(t *testing.T) {
	w := newWorld(t, nil)
	for _, tc := range []struct {
		text string
		want value.Value
		expr bool
	}{
		{"x = 4", nil, false}, {"x + 1", int64(5), true}, {"function f() return 1, 2 end", nil, false},
		{"f()", value.Tuple{int64(1), int64(2)}, true}, {"print(x)", nil, true},
	} {
		v, expr, err := w.in.Eval(context.Background(), interp.Source{Path: "-c", Text: []byte(tc.text)})
		if err != nil || expr != tc.expr || fmt.Sprint(v) != fmt.Sprint(tc.want) {
			t.Errorf("%s: %v %v %v", tc.text, v, expr, err)
		}
	}
}

func TestKeywordsFromGo(t *testing.T) {
	w := newWorld(t, nil)
	w.mustRun(`function f(a, kw) return a .. kw.router end`)
	v, err := w.function("f").Call(context.Background(), []value.Value{"a"}, []value.Field{{Name: "router", Value: "r"}})
	if err != nil || v != "ar" {
		t.Error(v, err)
	}
}
