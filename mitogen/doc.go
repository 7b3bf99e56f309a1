// Package mitogen routes messages between the contexts of a tree, and calls
// functions in them. It knows nothing of script languages: it moves frames and
// the closed set of values of package value. A Go program can use it by itself.
//
// The model on one page:
//
//   - A Context is a process that can be called, near or far. The master is
//     context 0; ids are unique in the tree. Every context but the master has one
//     parent, and is connected to it by one Stream.
//   - A Router is what a process knows of the tree: its own id, its Streams, which
//     context is behind which, and its handlers. It decides where each message goes
//     and is the one place where trust is enforced (route.go).
//   - A Message goes to a handle of a context. What listens there is a handler: a
//     Receiver (a queue), a pending call, or one of the numbered handlers of
//     package wire.
//   - A Broker owns the goroutines of the routers on it, and their orderly end.
//   - A Select waits for several Receivers, Latches and Selects.
//
// Goroutines: each Stream has one reader, which routes. It never runs user code,
// never decodes data, and waits only for room in another Stream: down-traffic for
// deeper down-traffic, up-traffic for higher traffic, so that a tree cannot
// deadlock. Local delivery never waits. Whoever sends writes to the link itself
// if nobody else does just then (a combining writer): a call costs no goroutine
// switch on its way out.
//
// Locks: Router.mu, Stream.mu and those of queues are leaves, held for a few
// instructions, never over I/O, a channel operation or a callback.
package mitogen
