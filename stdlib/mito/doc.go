// Package mito is the script view of contexts: package mitogen's routers,
// contexts, receivers and the rest as modules and objects of package interp, in
// both languages.
//
// A Runtime is what one process has of it. It runs scripts for others too: it is
// the mitogen.Dispatcher of calls that arrive (dispatch.go), and what handlers,
// policies, notify functions, listeners, deferred and spawned functions run by
// (serial.go): never on a goroutine that reads a link, each registration in
// order, and with the script lock held.
//
// Objects are made anew whenever a script asks; what is one thing to scripts has
// one Key, or is kept as the View of its mitogen.Source.
package mito
