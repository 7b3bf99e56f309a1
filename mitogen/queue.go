package mitogen

import (
	"context"
	"sync"
)

// queue is an unbounded FIFO. A waiter is handed its item directly, in the order
// in which the waiters came.
type queue[T any] struct {
	mu      sync.Mutex
	items   []T
	head    int
	waiters []chan T // each with room for one; closed when the queue ends
	ended   bool
}

// put adds an item; false once the queue has ended.
func (q *queue[T]) put(item T) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return false
	}
	if len(q.waiters) > 0 {
		w := q.waiters[0]
		q.waiters = q.waiters[1:]
		w <- item
		return true
	}
	q.items = append(q.items, item)
	return true
}

// take returns the first item without waiting.
func (q *queue[T]) take() (item T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.takeLocked()
}

func (q *queue[T]) takeLocked() (item T, ok bool) {
	if q.head == len(q.items) {
		return item, false
	}
	item = q.items[q.head]
	var zero T
	q.items[q.head] = zero
	q.head++
	switch {
	case q.head == len(q.items):
		q.items, q.head = q.items[:0], 0
	case q.head > 64 && q.head*2 > len(q.items):
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	return item, true
}

// get waits for an item; ok is false when the queue ended and is empty. An item
// that is there wins over a ctx that is done.
func (q *queue[T]) get(ctx context.Context) (item T, ok bool, err error) {
	q.mu.Lock()
	if item, ok = q.takeLocked(); ok || q.ended {
		q.mu.Unlock()
		return item, ok, nil
	}
	if err := context.Cause(ctx); err != nil {
		q.mu.Unlock()
		return item, false, err
	}
	w := make(chan T, 1)
	q.waiters = append(q.waiters, w)
	q.mu.Unlock()
	select {
	case item, ok = <-w:
		return item, ok, nil
	case <-ctx.Done():
	}
	if q.forget(w) {
		return item, false, context.Cause(ctx)
	}
	item, ok = <-w // it was handed over meanwhile
	return item, ok, nil
}

func (q *queue[T]) forget(w chan T) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.waiters {
		if other == w {
			q.waiters = append(q.waiters[:i], q.waiters[i+1:]...)
			return true
		}
	}
	return false
}

// end lets no more items in and wakes all waiters; with drop, what is buffered goes.
func (q *queue[T]) end(drop bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if drop {
		q.items, q.head = nil, 0
	}
	if q.ended {
		return
	}
	q.ended = true
	for _, w := range q.waiters {
		close(w)
	}
	q.waiters = nil
}

// each calls fn for every item that is buffered; fn must return at once.
func (q *queue[T]) each(fn func(T)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, item := range q.items[q.head:] {
		fn(item)
	}
}

// nudge makes every waiter, and whoever begins to wait, look again: each is given
// item. It leaves no more than one behind.
func (q *queue[T]) nudge(item T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range q.waiters {
		w <- item
	}
	if q.waiters = nil; !q.ended && q.head == len(q.items) {
		q.items = append(q.items, item)
	}
}

func (q *queue[T]) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items) - q.head
}
