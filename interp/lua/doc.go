// Package lua adapts gopher-lua (Lua 5.1) to package interp.
//
// One Interp holds one Lua world: its globals, its library modules and the
// compiled code. Every call from Go runs on a Lua state of its own, taken from a
// small pool; so does every function that pcall protects, because gopher-lua
// detaches the captured variables of all frames of a state in which an error
// was raised.
//
//	values     tolua.go, fromlua.go; what a table was is kept by our metatables (marks.go)
//	Go offers  bind.go (functions), object.go (objects), module.go (predeclared tables)
//	scripts    function.go is the interp.Callable
//	shipping   source.go cuts functions out of their script, capture.go makes the
//	           graph of one, revive.go makes a function of a graph
//
// Everything here needs the Host's Lock held.
package lua
