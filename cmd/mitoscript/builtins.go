//go:build !child

package main

import "github.com/mitoscript/mitoscript/interp"

// languageNames documents what the languages themselves add to the library, each in
// its own way.
func languageNames() *interp.Module {
	return &interp.Module{Name: "builtins", Global: true, Funcs: []*interp.Func{
		{
			Name: "attempt", Doc: "Calls a function and holds its error (Starlark; in Lua use pcall). Returns a record: ok, value, error, unwrap(), or_else(default).",
			Params: []interp.Param{{Name: "fn", Doc: "The function.", Required: true}}, Rest: "args", Keywords: "kwargs",
		},
		{
			Name: "struct", Doc: "Returns a record with these attributes (Starlark), a marked table of a table's entries (Lua).",
			Keywords: "fields",
		},
	}}
}
