// Package arith is the module math of Starlark scripts; Lua has its own. It is
// kept here and not taken from the interpreter so that its functions can be the
// target of a call, whatever the language of the other side.
package arith
