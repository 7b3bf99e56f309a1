// Command mitoscript runs Starlark and Lua scripts that call functions in contexts
// on other machines, under other accounts and in containers.
//
// With the build tag child it is the program that is pushed to targets: the same
// languages and library, without what only a person's side needs.
package main
