package interp

import "context"

// Explorer is a language at a prompt. Its methods need the Host's Lock and run no
// script code.
type Explorer interface {
	Interp
	// Unfinished reports whether text is the beginning of a piece for Eval: more
	// lines must follow.
	Unfinished(text string) bool
	// Look finds what a dotted path leads to ("os", "hostname"); the empty path
	// leads to all names that a piece sees.
	Look(ctx context.Context, path []string) (Symbol, bool)
}

// Symbol is what a name stands for.
type Symbol struct {
	// TypeName is the value's.
	TypeName string
	// Members are the names of its attributes, methods and functions, unsorted, as
	// the language writes them.
	Members []string
	// Func is the function if it is one of the library or a method, Module the
	// module if it is one.
	Func   *Func
	Module *Module
	// Params are a script function's, Doc its documentation, File and Line its place.
	Params []string
	Doc    string
	File   string
	Line   int
}
