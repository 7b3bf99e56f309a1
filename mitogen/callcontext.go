package mitogen

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// callContext is the context.Context of a call that runs here. Most calls end before
// anybody waits for it, and one that can be cancelled is made only then: to make and
// end it takes a tenth of the time that a small call needs.
type callContext struct {
	parent context.Context
	m      *Message

	mu    sync.Mutex // guards the making of inner
	inner atomic.Pointer[cancellable]
	over  atomic.Bool // set before what is made has to be ended
}

type cancellable struct {
	context.Context
	cancel context.CancelCauseFunc
}

// made is the one that can be cancelled.
func (c *callContext) made() *cancellable {
	if in := c.inner.Load(); in != nil {
		return in
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	in := c.inner.Load()
	if in == nil {
		in = &cancellable{}
		in.Context, in.cancel = context.WithCancelCause(c.parent)
		c.inner.Store(in)
		if c.over.Load() {
			in.cancel(nil)
		}
	}
	return in
}

// cancel ends it for a reason.
func (c *callContext) cancel(why error) { c.made().cancel(why) }

// end ends it as the call has ended: what is still done on its behalf is to stop.
func (c *callContext) end() {
	c.over.Store(true)
	if in := c.inner.Load(); in != nil {
		in.cancel(nil)
	}
}

// Deadline is that of the parent.
func (c *callContext) Deadline() (time.Time, bool) { return c.parent.Deadline() }

// Done is closed when the call is cancelled or ends, or the context shuts down.
func (c *callContext) Done() <-chan struct{} { return c.made().Done() }

// Err says whether Done is closed.
func (c *callContext) Err() error {
	if in := c.inner.Load(); in != nil {
		return in.Err()
	}
	if c.over.Load() {
		return context.Canceled
	}
	return c.parent.Err()
}

// Value has the call's message.
func (c *callContext) Value(key any) any {
	if key == (callMessage{}) {
		return c.m
	}
	if c.over.Load() {
		return c.made().Value(key) // context.Cause asks here
	}
	if in := c.inner.Load(); in != nil {
		return in.Value(key)
	}
	return c.parent.Value(key)
}
