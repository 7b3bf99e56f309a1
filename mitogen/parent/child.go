package parent

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// exitGrace is how long a child may take to end after its link did.
const exitGrace = time.Second

// child is a context that this process created.
type child struct {
	context *mitogen.Context
	stream  *mitogen.Stream
	link    transport.Link
	ended   chan struct{} // closed when its process is reaped, its connection closed

	asked    bool        // to end; guarded by Factory.mu
	detached atomic.Bool // it outlives its link
}

// conn is the data of a child's link behind the handshake.
type conn struct {
	io.Reader
	transport.Link
	ch *child
}

func (c conn) Read(p []byte) (int, error) { return c.Reader.Read(p) }

// Close ends the process behind the link too, unless it detached.
func (c conn) Close() error {
	if c.ch.detached.Load() {
		return transport.Detach(c.Link)
	}
	return c.Link.Close()
}

// behind is the child's link behind the handshake.
func (s *setup) behind(ch *child, from io.Reader) io.ReadWriteCloser {
	c := conn{from, ch.link, ch}
	if s.compress() {
		return wire.Compress(c)
	}
	if q, ok := ch.link.(quick); ok {
		return quickConn{c, q}
	}
	return c
}

// quick is a link with more ways to write than one.
type quick interface {
	mitogen.TryWriter
	mitogen.BuffersWriter
	mitogen.Looker
	// Bulk is a second way; nil for none.
	Bulk() io.ReadWriter
}

// quickConn is a conn of such a link.
type quickConn struct {
	conn
	quick
}

// Bulk is that of mitogen.BulkConn.
func (c quickConn) Bulk() wire.Bulk {
	return wire.Bulk{ReadWriter: c.quick.Bulk(), Least: wire.BulkData}
}

// adopt makes the far side a child of the router.
func (f *Factory) adopt(s *setup, link transport.Link, from io.Reader) (*mitogen.Context, error) {
	c := f.router.NewChild(s.id, s.name)
	ch := &child{context: c, link: link, ended: make(chan struct{})}
	ch.stream = f.router.AttachChild(s.behind(ch, from), c)
	f.mu.Lock()
	closing := f.closing
	f.children[s.id] = ch
	f.mu.Unlock()
	go f.reap(ch)
	if s.keepAlive > 0 {
		go f.watch(ch, s.keepAlive)
	}
	f.probing.Do(func() { f.router.Broker().Go(f.probe) })
	if closing {
		f.kill(c, ch)
		<-ch.ended
		return nil, value.Errorf(value.KindCancelled,
			"Connection cancelled because the associated Broker began to shut down.")
	}
	return c, nil
}

// reap ends what is left of a child once its link is gone.
func (f *Factory) reap(ch *child) {
	<-ch.stream.Done()
	if ch.detached.Load() {
		f.drop(ch)
		return
	}
	if err := transport.End(context.Background(), ch.link, exitGrace); err != nil {
		f.Log().Warn("child did not end", "context", ch.context.Name(), "reason", err)
	} else {
		f.Log().Debug("child ended", "context", ch.context.Name(), "reason", ch.link.Wait())
		if why := transport.Lost(ch.link); why != "" && !f.expectsEnd(ch) {
			f.Log().Warn("context lost", "context", ch.context.Name(), "reason", why)
		}
	}
	f.drop(ch)
}

// expectEnd notes that ch, if it is not nil, was asked to end: however its connection
// ends, it is not lost. One whose link is gone already is: its loss may be why all end.
func (f *Factory) expectEnd(ch *child) {
	if ch == nil {
		return
	}
	select {
	case <-ch.stream.Done():
	default:
		f.mu.Lock()
		ch.asked = true
		f.mu.Unlock()
	}
}

func (f *Factory) expectsEnd(ch *child) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return ch.asked
}

func (f *Factory) drop(ch *child) {
	f.mu.Lock()
	delete(f.children, ch.context.ID())
	f.mu.Unlock()
	close(ch.ended)
}

func (f *Factory) child(id uint32) *child {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.children[id]
}

// Shutdown asks c to end in order and sees to it that it does: one that is still
// there after the shutdown timeout is killed. With wait it returns when the
// context is gone and, if this process created it, its process reaped; one that
// this context cannot end, such as a sibling, is a TimeoutError.
func (f *Factory) Shutdown(ctx context.Context, c *mitogen.Context, wait bool) error {
	gone := c.Gone()
	select {
	case <-gone:
		return nil
	default:
	}
	ch := f.child(c.ID())
	f.expectEnd(ch)
	if err := c.Shutdown(); err != nil && !value.AsError(err).IsA(value.KindChannel) {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- f.await(c, ch) }()
	if !wait {
		return nil
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// await waits for the end of a context that was asked to end, and kills it when
// its time is over.
func (f *Factory) await(c *mitogen.Context, ch *child) error {
	limit := f.router.Broker().ShutdownTimeout
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.Gone():
	case <-timer.C:
		if ch == nil && c.Via == nil {
			return value.Errorf(value.KindTimeout, "context %s did not shut down within %s, and is not of this context's making", c.Name(), limit)
		}
		f.kill(c, ch)
	}
	if ch != nil {
		<-ch.ended
	}
	return nil
}

func (f *Factory) kill(c *mitogen.Context, ch *child) {
	if ch != nil && ch.detached.Load() {
		ch.stream.Abort()
		return
	}
	f.Log().Warn("context did not shut down in time: killing it", "context", c.Name())
	if ch != nil {
		_ = ch.link.Kill()
		ch.stream.Abort()
		return
	}
	if c.Via != nil {
		ctx, cancel := context.WithTimeout(context.Background(), exitGrace)
		defer cancel()
		_, _ = c.Via.CallService(ctx, "kill", int64(c.ID())) // its own end tells us too
	}
}

// serveKill ends a child of ours that does not end of itself.
func (f *Factory) serveKill(_ context.Context, _ *mitogen.Message, arg value.Value) (value.Value, error) {
	id, _ := arg.(int64)
	ch := f.child(uint32(id))
	if ch == nil {
		return false, nil
	}
	f.kill(ch.context, ch)
	return true, nil
}

// shutdown is the Factory's step of the broker's: all children end in order, side
// by side, or are killed when ctx ends.
func (f *Factory) shutdown(ctx context.Context) {
	f.mu.Lock()
	f.closing = true
	children := make([]*child, 0, len(f.children))
	for _, ch := range f.children {
		children = append(children, ch)
	}
	f.mu.Unlock()
	_ = f.forker.Close() // it has logged nothing: a spare that will not end is killed
	for _, ch := range children {
		f.expectEnd(ch)
		_ = ch.context.Shutdown() // a lost link ends it too
	}
	// All are killed before one is waited for: as long as one of them does not read,
	// the end of another that writes to it may not be seen.
	var late []*child
	for _, ch := range children {
		select {
		case <-ch.ended:
			continue
		case <-ctx.Done():
		}
		f.kill(ch.context, ch)
		late = append(late, ch)
	}
	for _, ch := range late {
		<-ch.ended
	}
}

// probe lets the children know, while they are idle, that their parent is there.
func (f *Factory) probe() {
	ticker := time.NewTicker(f.opts.ProbeInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			f.router.Probe()
		case <-f.router.Broker().Context().Done():
			return
		}
	}
}

// Abandon closes the links to all children at once. They end when they see it,
// and end what they started, which killing them would not.
func (f *Factory) Abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closing = true
	for _, ch := range f.children {
		ch.asked = true
		ch.stream.Abort()
	}
}
