package mitogen

import (
	"context"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Channel is a Receiver and a Sender to the Channel at the other end.
type Channel struct {
	*Receiver
	sender *Sender
}

// NewChannel returns a Channel that listens at handle (0: one given out) and
// sends to dstHandle of c (0: not known yet).
func NewChannel(r *Router, c *Context, dstHandle, handle uint32) (*Channel, error) {
	rv, err := NewReceiver(r, ReceiverOptions{Handle: handle})
	if err != nil {
		return nil, err
	}
	return &Channel{Receiver: rv, sender: NewSender(c, dstHandle)}, nil
}

// Peer is the other end: where it sends to.
func (ch *Channel) Peer() *Sender { return ch.sender }

// SetPeer changes where it sends to.
func (ch *Channel) SetPeer(c *Context, dstHandle uint32) {
	ch.sender = NewSender(c, dstHandle)
}

// Put sends v to the other end, as Sender.Put. An unknown one is an Error.
func (ch *Channel) Put(ctx context.Context, v value.Value) error {
	if err := ch.Known(); err != nil {
		return err
	}
	return ch.sender.Put(ctx, v)
}

// Known is an Error while the other end's handle is not known.
func (ch *Channel) Known() error {
	if ch.sender.context == nil || ch.sender.handle == 0 {
		return errorf("cannot send on the Channel: its dst_handle is not set")
	}
	return nil
}

// Close closes both halves.
func (ch *Channel) Close() {
	if ch.Known() == nil {
		_ = ch.sender.Close() // a peer that is gone needs no telling
	}
	ch.Receiver.Close()
}

func (ch *Channel) poll() (Event, bool, bool) {
	ev, ok, drop := ch.Receiver.poll()
	if ok {
		ev.Source = ch
		ev.Data.(*Message).Source = ch
	}
	return ev, ok, drop
}
