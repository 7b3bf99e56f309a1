package reference_test

import (
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/stdlib"
	"github.com/mitoscript/mitoscript/stdlib/reference"
)

// TestEveryFunctionHasAnEntry makes a new function come with its result, its
// errors and an example, which is its case in the conformance suite.
func TestEveryFunctionHasAnEntry(t *testing.T) {
	entries, err := reference.Entries()
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for _, e := range entries {
		if left[e.Name] {
			t.Errorf("%s has two entries", e.Name)
		}
		left[e.Name] = true
		if e.Returns == "" || len(e.Starlark) == 0 || (e.Gives == "") == (e.Fails == "") {
			t.Errorf("the entry of %s lacks its result or its example", e.Name)
		}
	}
	modules := stdlib.Modules(&stdlib.Host{})
	interp.Seal(modules)
	for _, m := range modules {
		if m.Only == "lua" { // Lua's own have Lua's manual
			continue
		}
		funcs := m.Funcs
		if m.Call != nil {
			funcs = append(funcs[:len(funcs):len(funcs)], m.Call)
		}
		for _, f := range funcs {
			if !left[f.Qualified()] {
				t.Errorf("%s has no entry in library.txt", f.Qualified())
			}
			delete(left, f.Qualified())
		}
	}
	for name := range left {
		t.Errorf("library.txt has %s, which the library has not", name)
	}
}
