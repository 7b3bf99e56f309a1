// Package json is the scripts' module json. Order of keys and integers of any
// size are kept. The names of Starlark's own module json are in it too.
package json
