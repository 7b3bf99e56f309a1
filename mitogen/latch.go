package mitogen

import (
	"context"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Latch is a queue inside one process. The zero Latch is ready for use.
type Latch struct {
	source
	queue queue[value.Value]
}

func latchClosed() error { return value.Errorf(value.KindLatch, "the Latch has been closed") }

func (l *Latch) closed() bool {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	return l.queue.ended
}

// Put adds a value. On a closed Latch it is a LatchError.
func (l *Latch) Put(v value.Value) error {
	if !l.queue.put(v) {
		return latchClosed()
	}
	l.posted()
	return nil
}

// Get waits for a value: a LatchError once it is closed, even with values left.
func (l *Latch) Get(ctx context.Context) (value.Value, error) {
	v, ok, err := l.queue.get(ctx)
	switch {
	case err != nil:
		return nil, waitError(err, "Latch.get")
	case !ok:
		return nil, latchClosed()
	}
	return v, nil
}

// TryGet is Get without waiting: nothing there is a TimeoutError.
func (l *Latch) TryGet() (value.Value, error) {
	v, ok := l.queue.take()
	switch {
	case ok:
		return v, nil
	case l.closed():
		return nil, latchClosed()
	}
	return nil, value.Errorf(value.KindTimeout, "Latch.get: nothing is there")
}

// Len is the number of values that wait.
func (l *Latch) Len() int { return l.queue.len() }

// Size is Len, and a LatchError once it is closed.
func (l *Latch) Size() (int, error) {
	if l.closed() {
		return 0, latchClosed()
	}
	return l.queue.len(), nil
}

// Close wakes all waiters with a LatchError and drops what is left.
func (l *Latch) Close() { l.queue.end(true) }

func (l *Latch) poll() (Event, bool, bool) {
	v, ok := l.queue.take()
	return Event{Source: l, Data: v}, ok, false
}
