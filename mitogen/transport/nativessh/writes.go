package nativessh

import "sync"

// writes puts the writes to a channel and the end of them in order, which package ssh
// leaves to its users. The end may be asked for while a write waits for the far side: it
// then follows it.
type writes struct {
	mu     sync.Mutex
	busy   bool
	closed bool
}

// begin reports whether a write may begin.
func (w *writes) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = !w.closed
	return w.busy
}

// end ends a write, and reports whether the end of all is to follow.
func (w *writes) end() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
	return w.closed
}

// close lets no more writes begin, and reports whether the caller is to end them.
func (w *writes) close() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := !w.closed
	w.closed = true
	return first && !w.busy
}
