package lua

import (
	"strings"
	"testing"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/ship"
)

// FuzzSlices checks that every function of a text that compiles is found in it,
// and that its slice compiles to the same code.
func FuzzSlices(f *testing.F) {
	for _, s := range []string{
		"local a = 1 function f(x, ...) return function() return x + a end end",
		"local t = {} function t.a.b:c() return self end local function g() repeat local x until x end",
		"f = function(a) if a then for i = 1, 2 do end end end, function() while x do end end",
		"-- function\n--[[ end ]] x = [[function(]] function  f --(\n ( a --[=[ ) ]=] , b)\r\n return 'end' end",
		"local a, b = function() end, function() return a end; return a > b and function() end",
	} {
		f.Add(s)
	}
	in := New(&interp.Host{})
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		root, err := in.compile(newChunk("x.lua", text))
		if err != nil {
			return
		}
		var check func(p *glua.FunctionProto)
		check = func(p *glua.FunctionProto) {
			for _, inner := range p.FunctionPrototypes {
				checkSlice(t, in, inner)
				check(inner)
			}
		}
		check(root)
	})
}

func checkSlice(t *testing.T, in *Interp, p *glua.FunctionProto) {
	src, err := in.source(p, in.protos.of(p))
	if err != nil {
		t.Fatal(err)
	}
	root, serr := parseAndCompile("x.lua", sliceText(src))
	if serr != nil {
		if strings.Contains(serr.Error(), "too many local variables") {
			return
		}
		t.Fatalf("%q: %v", sliceText(src), serr)
	}
	q := root.FunctionPrototypes[0]
	if !sameCode(p, q) {
		t.Errorf("%q: the slice compiles to other code", sliceText(src))
	}
}

func sameCode(p, q *glua.FunctionProto) bool {
	if len(p.Code) != len(q.Code) || len(p.FunctionPrototypes) != len(q.FunctionPrototypes) ||
		strings.Join(p.DbgUpvalues, ",") != strings.Join(q.DbgUpvalues, ",") ||
		p.LineDefined != q.LineDefined || p.LastLineDefined != q.LastLineDefined {
		return false
	}
	for i := range p.Code {
		if p.Code[i]>>26 != q.Code[i]>>26 || p.DbgSourcePositions[i] != q.DbgSourcePositions[i] {
			return false
		}
	}
	for i := range p.FunctionPrototypes {
		if !sameCode(p.FunctionPrototypes[i], q.FunctionPrototypes[i]) {
			return false
		}
	}
	return true
}

func TestHostileSlices(t *testing.T) {
	in := New(&interp.Host{})
	for _, src := range []*ship.Source{
		{Path: "x", Line: 1 << 30, Text: "() end"},
		{Path: "x", Line: 1, Text: ")"},
		{Path: "x", Line: 1, Text: "", Form: formFunction},
		{Path: "x", Line: -4, Text: "() end", Cells: []string{"a b"}},
	} {
		if _, err := in.sliceProto(src); err == nil {
			t.Errorf("%+v was compiled", src.Text)
		}
	}
}
