// Package repl is the interactive prompt for both languages: it reads pieces of
// code, runs them one after another and shows their values. The functions that
// are typed are shipped like those of a script.
package repl
