package lua_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/lua"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// send ships fn into a child, as its bytes alone.
func send(child *world, fn interp.Callable) (interp.Callable, error) {
	v, err := fn.Port()
	if err != nil {
		return nil, err
	}
	f := v.(*value.Func)
	chunks := map[value.Hash][]byte{}
	for _, c := range f.Chunks {
		chunks[c.Hash] = append([]byte(nil), c.Data...)
	}
	sent := *f
	sent.Chunks = nil
	child.host.Lock.Lock()
	defer child.host.Lock.Unlock()
	return child.host.Revive(context.Background(), &sent, func(_ context.Context, h value.Hash) ([]byte, error) {
		data, ok := chunks[h]
		if !ok {
			return nil, fmt.Errorf("chunk %s was not sent", h)
		}
		return data, nil
	})
}

// call ships fn and calls it there.
func call(child *world, fn interp.Callable, args ...value.Value) (value.Value, error) {
	there, err := send(child, fn)
	if err != nil {
		return nil, err
	}
	child.host.Lock.Lock()
	defer child.host.Lock.Unlock()
	return there.Call(context.Background(), args, nil)
}

func TestShipping(t *testing.T) {
	lib := files{
		"lib/disk.lua": "local util = require 'lib.util'\nlocal n = 0\nlocal M = {}\nfunction M.usage() n = n + 1 return n .. util.unit end\nM.make = function() return function() return M.usage() end end\nfunction glob() return 'glob' end\nreturn M",
		"lib/util.lua": "return { unit = '%' }",
		"lib/late.lua": "local M = {}; function M.pair() return require 'lib.other'.name .. require('lib.util').unit end; return M",
		// these require each other when they run
		"lib/other.lua": "return { name = 'other', back = function() return require 'lib.late' end }",
		"lib/lazy.lua":  "return { late = function() return require([[lib.late]]).pair() end, none = function() return pcall(require, 'lib.none') end }",
	}
	for _, tc := range []struct{ name, text, want string }{
		{"plain", `function f(a, b) return a + b end`, "3"},
		{"anonymous", "f = function(...)\n local a, b = ...\n return b - a end", "1"},
		{"several on one line", `a = {function() return "one" end, function() return "two" end}; f = a[2]`, "two"},
		{"same shape on one line", `local x = function(a) return a * 10 end; f = function(a) return a * 100 end`, "100"},
		{"closure", `local base = 10; local function add(x) return x + base end; function f(a) base = base + 1; return add(a) end`, "12"},
		{"shared cell", `local function mk() local n = 0; return function() n = n + 1 end, function() return n end end
			local inc, get = mk(); inc(); function f() inc(); inc(); return get() end`, "3"},
		{"recursion", `local function fact(n) if n <= 1 then return 1 end return n * fact(n - 1) end; function f() return fact(5) end`, "120"},
		{"globals", `LIMIT = 5; function helper(x) return x * LIMIT end; function f(a) return helper(a) end`, "5"},
		{"nested", `COUNT = 3; function f() local function g() return (function() return COUNT end)() end return g() end`, "3"},
		{"method", `local obj = {n = 4}; function obj:twice(k) return self.n * 2 + k end; function f() return obj:twice(1) end`, "9"},
		{"method without parameters", `local o = {n = 1}; function o . get  ( ) return self.n end` + "\n" + `function o:get() return self.n end; function f() return o:get() end`, "1"},
		{"metatables", `local P = {}; P.__index = P; function P.new(x) return setmetatable({x = x}, P) end; function P:get() return self.x end
			local p = P.new(7); p.self = p; function f() return p:get() + P.new(1):get() + p.self.x end`, "15"},
		{"tables", `local cfg = {a = {1, 2, {deep = "x"}}, [1.5] = true, list = mitogen.list{}, d = mitogen.dict{}}; cfg.again = cfg.a
			function f() return (t.show(cfg.list):match("^%S+")) .. (t.show(cfg.d):match("^%S+")) .. cfg.a[3].deep .. tostring(cfg.again == cfg.a) .. tostring(cfg[1.5]) end`,
			"value.List*value.Dictxtruetrue"},
		{"records", `local r = t.record(); function f() return tostring(r) .. (t.show(r):match("^%S+")) end`, "rec(a = 1, none = nil)*value.Struct"},
		{"builtins", `local fmt, m = string.format, math; local fs = t; function f() return fmt("%d", m.floor(2.5)) .. fs.id("q") .. os.hostname() end`, "2qweb1"},
		{"library by reference", `local disk = require "lib.disk"; function f() return disk.usage() end`, "1%|2%"},
		{"library function", `f = require("lib.disk").usage`, "1%|2%"},
		{"library global", `require("lib.disk"); function f() return glob() end`, "glob"},
		{"required by the function", `function f() local d = require "lib.disk"; return d.usage() end`, "1%|2%"},
		{"required by a nested function", `function f() return (function() return require('lib.late').pair() end)() end`, "other%"},
		{"required by a library function", `f = require("lib.lazy").late`, "other%"},
		{"required and not there", `function f() return tostring(pcall(require, "lib.none")) .. tostring(require("lib.lazy").none()) end`, "falsefalse"},
		{"a field called require", `local t = {require = function(n) return n end}; function f() return t.require "lib.disk" end`, "lib.disk"},
		{"an extended library", `function string.trim(s) return (s:gsub("^%s+", "")) end; local tab = table
			function tab.last(t) return t[#t] end; function f(a, b) return string.trim("  x") .. tab.last({a, b}) .. string.rep("y", 2) .. tab.concat({a}) end`, "x2yy1"},
		{"library closure", `f = require("lib.disk").make()`, "1%|2%"},
		{"state", `local s = mitogen.state; function f() s.n = (s.n or 0) + 1; mitogen.state.n = s.n + 1; return s.n end`, "2|4"},
		{"loaded text", `f = loadstring("local a = ... return a .. 'x'")`, "1x"},
		{"inside loaded text", `f = loadstring("local k = 'v'; return function() return k end")()`, "v"},
		{"values", `local s, b, n = Secret("pw"), Blob("ab"), mitogen.null; function f() return s:reveal() .. b.bytes .. tostring(n) end`, "pwabnull"},
		{"bytes", `local s = "\255\0x"; function f() return #s end`, "3"},
		{"crlf and comments", "--[[ function x( end ]] local s = [==[\r\n function end ]==]\r\nf = function(a --[[ ) ]], b)\r\n  if a then for i = 1, 2 do repeat local x = 1 until true end end\r\n  while false do end return b end -- end", "2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			master, child := newWorld(t, lib), newWorld(t, nil)
			master.mustRun(tc.text)
			fn := master.function("f")
			child.host.Loader = nil
			first, second, two := strings.Cut(tc.want, "|")
			if !two {
				second = first
			}
			for _, want := range []string{first, second} {
				got, err := call(child, fn, int64(1), int64(2))
				if err != nil {
					t.Fatal(value.AsError(err).Report())
				}
				if fmt.Sprint(got) != want {
					t.Errorf("got %v, want %s", got, want)
				}
			}
		})
	}
}

func TestShippedStateIsFresh(t *testing.T) {
	master, child := newWorld(t, nil), newWorld(t, nil)
	master.mustRun(`local n = 0; G = 1; function f() n = n + 1; G = G + 1; NEW = 1; return n, G end; function peek() return NEW, G2 end`)
	f := master.function("f")
	for range 2 {
		got, err := call(child, f)
		if err != nil || fmt.Sprint(got) != "(1, 2)" && fmt.Sprint(got) != "[1 2]" {
			t.Errorf("%v %v", got, err)
		}
	}
	got, err := call(child, master.function("peek"))
	if tuple, ok := got.(value.Tuple); err != nil || !ok || tuple[0] != nil {
		t.Errorf("a global leaked: %v %v", got, err)
	}
	master.mustRun(`f()`)
	if got, _ := call(child, f); fmt.Sprint(got) != fmt.Sprint(value.Tuple{int64(2), int64(3)}) {
		t.Errorf("the environment is not that of the moment: %v", got)
	}
}

func TestShippedTwice(t *testing.T) {
	master, child, grandchild := newWorld(t, nil), newWorld(t, nil), newWorld(t, nil)
	master.mustRun("local k = 5\nlocal function g(x)\n  return x + k\nend\nfunction f(x)\n  return g(x), function() error('far') end\nend")
	there, err := send(child, master.function("f"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := call(grandchild, there, int64(1))
	if err != nil {
		t.Fatal(err)
	}
	tuple := got.(value.Tuple)
	if tuple[0] != int64(6) {
		t.Error(got)
	}
	_, err = call(child, tuple[1].(interp.Callable))
	e := value.AsError(err)
	if e.Message != "x.lua:6: far" || len(e.Traceback) != 1 || e.Traceback[0].String() != "x.lua:6: in function" {
		t.Errorf("%s", e.Report())
	}
	if there.FuncName() != "f" {
		t.Error(there.FuncName())
	}
}

func TestMarksTravel(t *testing.T) {
	master, child := newWorld(t, nil), newWorld(t, nil)
	master.mustRun(`function f() end`)
	fn := master.function("f")
	if _, err := fn.Port(); err != nil {
		t.Fatal(err)
	}
	fn.Mark(interp.MarkRouter)
	there, err := send(child, fn)
	if err != nil || there.Marks() != interp.MarkRouter {
		t.Error(there.Marks(), err)
	}
	if !fn.Same(master.function("f")) || fn.Same(there) {
		t.Error("Same")
	}
}

func TestRefusedFunctions(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"local config = {log = io.stdout}\nfunction helper()\n  return config end\nfunction uptime() return helper() end f = uptime",
			`uptime → helper → config["log"]: cannot send a userdata (x.lua:1)`},
		{`local c = t.counter(); function f() return c end`, "f → c: cannot send a Counter (x.lua:1)"},
		{`local get = t.counter().get; function f() return get() end`, "f → get: cannot send a method of Counter (x.lua:1)"},
		{`local x = {1, {["a b"] = coroutine.create(print)}}; function f() return x end`, `f → x[2]["a b"]: cannot send a thread (x.lua:1)`},
	} {
		w := newWorld(t, nil)
		w.mustRun(tc.text)
		_, err := w.function("f").Port()
		if err == nil || err.Error() != tc.want {
			t.Errorf("got %v\nwant %s", err, tc.want)
		}
	}
}

func TestBuiltinsByName(t *testing.T) {
	w, child := newWorld(t, nil), newWorld(t, nil)
	got, err := call(child, w.function("string.upper"), "abc")
	if err != nil || got != "ABC" {
		t.Error(got, err)
	}
}

func BenchmarkPort(b *testing.B) {
	for name, text := range map[string]string{
		"nothing captured": `function f(a) return a end`,
		"simple":           `local k, n = "x", 5; local function g() return k end; LIMIT = 3; function f(a) return g() .. n .. LIMIT end`,
		"table":            `local cfg = {a = 1, b = {2, 3}, c = "x"}; function f() return cfg end`,
	} {
		b.Run(name, func(b *testing.B) {
			h := &interp.Host{}
			in := lua.New(h)
			if _, err := in.Run(context.Background(), interp.Source{Path: "x.lua", Text: []byte(text)}); err != nil {
				b.Fatal(err)
			}
			v, _, err := in.Eval(context.Background(), interp.Source{Path: "e", Text: []byte("f")})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := v.(interp.Callable).Port(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCall(b *testing.B) {
	in := lua.New(&interp.Host{})
	v, _, _ := in.Eval(context.Background(), interp.Source{Path: "e", Text: []byte("function(a) return a end")})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	args := []value.Value{int64(1)}
	for b.Loop() {
		if _, err := v.(interp.Callable).Call(ctx, args, nil); err != nil {
			b.Fatal(err)
		}
	}
}
