package mitogen

import (
	"context"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// SendBulk is Send for who sends much: it waits for room on the link no longer
// than ctx, and leaves the writing to another goroutine. m's Data may not be
// changed any more. The end of ctx is a TimeoutError or CancelledError.
func (c *Context) SendBulk(ctx context.Context, m *Message) error {
	if err := c.sendUntil(ctx.Done(), m, relays); err != errNoRoom {
		return err
	}
	return waitError(context.Cause(ctx), "sending to context "+c.name)
}

// EndBulk tells who listens at handle of the context, by a dead message with the
// reason, that nothing more comes. It never waits.
func (c *Context) EndBulk(handle uint32, reason string) {
	_ = c.tell(&Message{Frame: wire.Frame{Handle: handle, ReplyTo: wire.IsDead, Data: []byte(reason)}}) // one that is gone needs no telling
}
