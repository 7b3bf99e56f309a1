// Package luaio is Lua's own library io, and the part of os that runs programs, as
// Lua 5.1 has them, in the place of those of the interpreter: they let go of the
// script lock while they wait, end with the call or the context that they run in,
// and share standard input and outputs with print and stdio.
package luaio
