// Package starlark adapts go.starlark.net to the seams of package interp.
//
// The main script's globals are never frozen; a library module's are frozen when
// its load ends. Each call runs on a thread of its own that carries the call's
// context; code that runs on behalf of a thread (callbacks) stays on it.
//
// A function travels as the slice of source that holds it, with the values of the
// names that it refers to. In the other process the slice is grafted: parsed at
// its old place, compiled alone, and run with those names as its environment. A
// graft's names are looked up when they are used, so functions are made first and
// their environments filled afterwards, which is what lets functions that refer to
// each other, and containers that hold themselves, arrive as they were.
//
//	convert.go             values between Starlark and Go
//	bind.go, module.go     Go functions and modules as Starlark values
//	object.go, callable.go live things in either direction
//	unit.go                compiled sources and what is known of their functions
//	survey.go, capture.go  from a live function to a ship.Graph
//	graft.go, revive.go    and back
package starlark
