// Package methods turns the parameters of a context factory (router.ssh, .sudo …)
// into a transport: one table of all ways to make a context.
package methods
