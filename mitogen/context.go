package mitogen

import (
	"context"
	"sync"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// Context is a process of the tree, near or far.
type Context struct {
	router *Router
	id     uint32
	name   string
	// Via is the context that created it; nil if this one did. Set before it is shared.
	Via *Context
	// Signals fires "disconnect" with the *Context once it is gone.
	Signals Signals

	mu   sync.Mutex
	gone chan struct{} // made on demand
	left bool
	sent map[value.Hash]struct{} // chunks that were sent to it
}

// ID is unique in the tree.
func (c *Context) ID() uint32 { return c.id }

// Name is what its parent called it.
func (c *Context) Name() string { return c.name }

// Router is the one through which it is reached.
func (c *Context) Router() *Router { return c.router }

// Port makes a Context a value that travels.
func (c *Context) Port() (value.Value, error) {
	return value.ContextRef{ID: c.id, Name: c.name}, nil
}

// Key makes contexts equal by router and id.
func (c *Context) Key() any {
	return struct {
		r  *Router
		id uint32
	}{c.router, c.id}
}

// Gone is closed when the context has disconnected.
func (c *Context) Gone() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone == nil {
		c.gone = make(chan struct{})
		if c.left {
			close(c.gone)
		}
	}
	return c.gone
}

// lost is called once, when the router has dropped the context.
func (c *Context) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = true
	c.sent = nil
	if c.gone != nil {
		close(c.gone)
	}
}

func (c *Context) hasLeft() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left
}

// Send sends m to the context.
func (c *Context) Send(m *Message) error { return c.sendUntil(nil, m, waits) }

func (c *Context) sendUntil(done <-chan struct{}, m *Message, u urgency) error {
	m.Dst, m.Src, m.Auth = c.id, c.router.id, c.router.id
	for _, f := range m.funcs {
		if err := c.ship(done, f.Chunks, u); err != nil {
			return err
		}
	}
	return c.router.sendUntil(done, m, u)
}

// sendWithin is Send, but where ctx has a deadline it does not outlast it: a link
// that takes no data is then written to by somebody else.
func (c *Context) sendWithin(ctx context.Context, m *Message) error {
	if _, ok := ctx.Deadline(); !ok {
		return c.Send(m)
	}
	if err := c.sendUntil(ctx.Done(), m, relays); err != errNoRoom {
		return err
	}
	return waitError(context.Cause(ctx), "sending to context "+c.name)
}

// SendAsync sends m and returns a Receiver of the answers: of one, unless persist.
func (c *Context) SendAsync(m *Message, persist bool) (*Receiver, error) {
	rv, err := newReceiver(c.router, ReceiverOptions{Respondent: c, Once: !persist})
	if err != nil {
		return nil, err
	}
	m.ReplyTo = rv.Handle()
	if err := c.Send(m); err != nil {
		rv.Close()
		return nil, err
	}
	return rv, nil
}

// SendAwait sends m and waits for the answer's value.
func (c *Context) SendAwait(ctx context.Context, m *Message) (value.Value, error) {
	reply, err := c.await(ctx, m)
	if err != nil {
		return nil, err
	}
	return reply.Decode()
}

// await sends m and waits for the answer: the shortest way there and back. The
// call that m is may use the contexts lent.
func (c *Context) await(ctx context.Context, m *Message, lent ...uint32) (*Message, error) {
	answer := make(chan *Message, 1)
	handle, err := c.router.AddHandler(Handler{
		Func: func(reply *Message) { answer <- reply }, Once: true, Respondent: c, lent: lent,
	})
	if err != nil {
		return nil, err
	}
	m.ReplyTo = handle
	if err := c.sendWithin(ctx, m); err != nil {
		_ = c.router.DelHandler(handle)
		return nil, err
	}
	select {
	case reply := <-answer:
		return reply, nil
	case <-ctx.Done():
	}
	if c.router.DelHandler(handle) != nil {
		return <-answer, nil // it came at the last moment
	}
	return nil, waitError(context.Cause(ctx), "waiting for context "+c.name)
}

// Shutdown asks the context to end in order. A context that is gone is no error.
func (c *Context) Shutdown() error {
	return c.tell(&Message{Frame: wire.Frame{Handle: wire.Shutdown}})
}

// tell is Send that does not wait while the context takes nothing: for what is to
// end it, or something that it does.
func (c *Context) tell(m *Message) error {
	m.Dst, m.Src, m.Auth = c.id, c.router.id, c.router.id
	return c.router.send(m, urgent)
}
