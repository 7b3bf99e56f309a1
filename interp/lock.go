package interp

import "sync"

// Lock is the one lock of a process's scripts. Its holder may run script code
// and touch script values; builtins that wait let go of it.
type Lock struct{ mu sync.Mutex }

// Lock waits for the lock.
func (l *Lock) Lock() { l.mu.Lock() }

// Unlock lets go of it.
func (l *Lock) Unlock() { l.mu.Unlock() }

// Do runs fn holding the lock.
func (l *Lock) Do(fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fn()
}
