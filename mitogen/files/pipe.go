package files

import (
	"context"
	"encoding/binary"
	"io"
	"sync"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

const (
	// window is how many bytes may be on the way: enough for a link of 100 Mbit/s
	// and 80 ms, little enough that a call behind them does not wait long.
	window = 1 << 20
	// chunkSize is the size of a message of data.
	chunkSize = 64 << 10
	// maxQueue bounds the messages that wait; an honest peer fills its chunks.
	maxQueue = 1 << 10
)

// The first byte of a message.
const (
	kindData  = 'd' // and a part of the stream
	kindTaken = 'a' // and how many bytes were taken from the stream in all
)

// pipe is one end of a transfer: of a stream of bytes in one direction. But for
// heard and fail it is for one goroutine.
type pipe struct {
	router *mitogen.Router
	peer   *mitogen.Context
	own    uint32 // the handle that it listens at

	buffer *wire.Buffer // of the chunk that is being filled; nil if there is none
	chunk  []byte       // that is being filled
	source *wire.Buffer // of data, if it has one
	data   []byte       // that is being taken
	taken  int64        // bytes taken in all
	told   int64        // of them, bytes that the peer was told of

	mu     sync.Mutex
	remote uint32 // the handle of the other end; 0 while it is not known
	queue  []part
	came   int64 // bytes that came in all
	known  int64 // what the peer knows to be taken
	sent   int64
	acked  int64
	err    error         // why it is broken; io.EOF when nothing more comes
	gaveUp bool          // the other end is to give up too
	change chan struct{} // has an item when something of this changed
}

// part is what a message of data brought.
type part struct {
	data   []byte
	buffer *wire.Buffer // that data stands in, if it is one
}

// newPipe listens for peer. remote may be 0 until something comes.
func newPipe(peer *mitogen.Context, remote uint32) (*pipe, error) {
	p := &pipe{router: peer.Router(), peer: peer, remote: remote, change: make(chan struct{}, 1)}
	var err error
	p.own, err = p.router.AddHandler(mitogen.Handler{Respondent: peer, Func: p.heard, Buffers: true})
	return p, err
}

func (p *pipe) close() { _ = p.router.DelHandler(p.own) } // its peer's end may have done it

// heard runs on a reader's goroutine.
func (p *pipe) heard(m *mitogen.Message) {
	if m.IsDead() {
		_, err := m.Decode()
		p.fail(err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.remote == 0 {
		p.remote = m.ReplyTo
		if p.gaveUp {
			p.endOther(p.remote)
		}
	}
	if len(m.Data) > 1 {
		p.acceptLocked(m.Data[0], part{m.Data[1:], m.Buffer})
	}
	p.changed()
}

func (p *pipe) acceptLocked(kind byte, in part) {
	switch {
	case p.err != nil:
	case kind == kindData:
		if p.came += int64(len(in.data)); p.came-p.known > window+chunkSize || len(p.queue) >= maxQueue {
			p.err = value.Errorf(value.KindSecurity, "context %s sends more than it may", p.peer.Name())
			p.queue = nil
			return
		}
		p.queue = append(p.queue, in)
	case kind == kindTaken && len(in.data) == 8:
		p.acked = min(max(p.acked, int64(binary.BigEndian.Uint64(in.data))), p.sent)
	}
}

// fail breaks the pipe. What came before can still be taken.
func (p *pipe) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
	p.changed()
}

func (p *pipe) broken() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *pipe) changed() {
	select {
	case p.change <- struct{}{}:
	default:
	}
}

// await waits until ready, which is called with mu held, or the pipe is broken.
func (p *pipe) await(ctx context.Context, ready func() bool) error {
	for {
		p.mu.Lock()
		ok, err := ready(), p.err
		p.mu.Unlock()
		if ok {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-p.change:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// met waits until the other end is known.
func (p *pipe) met(ctx context.Context) error {
	return p.await(ctx, func() bool { return p.remote != 0 })
}

// send sends a message; that nobody listens is told to the handle replyTo.
// data may stand in a buffer, which is given up.
func (p *pipe) send(ctx context.Context, replyTo uint32, data []byte, buffer *wire.Buffer) error {
	p.mu.Lock()
	handle := p.remote
	p.mu.Unlock()
	return p.peer.SendBulk(ctx, &mitogen.Message{Frame: wire.Frame{Handle: handle, ReplyTo: replyTo, Data: data, Buffer: buffer}})
}

// hello makes the pipe known to the other end.
func (p *pipe) hello(ctx context.Context) error { return p.send(ctx, p.own, []byte{kindTaken}, nil) }

// abort makes the other end give up, as soon as it is known.
func (p *pipe) abort() {
	p.mu.Lock()
	p.gaveUp = true
	handle := p.remote
	p.mu.Unlock()
	if handle != 0 {
		p.endOther(handle)
	}
}

// endOther never waits.
func (p *pipe) endOther(handle uint32) { p.peer.EndBulk(handle, "the other side of the copy gave up") }

// room gives at least n bytes to write to; advance says how many were used.
func (p *pipe) room(ctx context.Context, n int) ([]byte, error) {
	if p.chunk != nil && cap(p.chunk)-len(p.chunk) < n {
		if err := p.flush(ctx); err != nil {
			return nil, err
		}
	}
	if p.chunk == nil {
		p.buffer = wire.NewBuffer()
		p.chunk = append(p.buffer.Data()[:0:chunkSize], kindData)
	}
	return p.chunk[len(p.chunk):cap(p.chunk)], nil
}

func (p *pipe) advance(n int) { p.chunk = p.chunk[:len(p.chunk)+n] }

// write adds to the stream.
func (p *pipe) write(ctx context.Context, data []byte) error {
	for len(data) > 0 {
		to, err := p.room(ctx, 1)
		if err != nil {
			return err
		}
		n := copy(to, data)
		p.advance(n)
		data = data[n:]
	}
	return nil
}

// flush sends what was written, when there is room in the window.
func (p *pipe) flush(ctx context.Context) error {
	n := int64(len(p.chunk) - 1)
	if n <= 0 {
		return nil
	}
	err := p.await(ctx, func() bool { return p.err == nil && p.sent+n-p.acked <= window })
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.sent += n
	p.mu.Unlock()
	data, buffer := p.chunk, p.buffer
	p.chunk, p.buffer = nil, nil
	return p.send(ctx, p.own, data, buffer)
}

// take gives from 1 to n bytes of the stream, which are valid until the next take.
func (p *pipe) take(ctx context.Context, n int) ([]byte, error) {
	if len(p.data) == 0 {
		if err := p.next(ctx); err != nil {
			return nil, err
		}
	}
	got := p.data[:min(n, len(p.data))]
	p.data = p.data[len(got):]
	p.taken += int64(len(got))
	return got, nil
}

// next waits for data, and tells the peer now and then what was taken.
func (p *pipe) next(ctx context.Context) error {
	if p.taken-p.told >= window/4 {
		if err := p.tell(ctx); err != nil {
			return err
		}
	}
	if err := p.await(ctx, func() bool { return len(p.queue) > 0 }); err != nil {
		return err
	}
	p.source.Free()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.data, p.source = p.queue[0].data, p.queue[0].buffer
	p.queue[0] = part{}
	p.queue = p.queue[1:]
	return nil
}

func (p *pipe) tell(ctx context.Context) error {
	p.mu.Lock()
	p.known, p.told = p.taken, p.taken
	p.mu.Unlock()
	// Once all is sent the other end listens no more, and need not.
	return p.send(ctx, 0, binary.BigEndian.AppendUint64([]byte{kindTaken}, uint64(p.taken)), nil)
}

// fill takes exactly as many bytes as buf has.
func (p *pipe) fill(ctx context.Context, buf []byte) error {
	for len(buf) > 0 {
		got, err := p.take(ctx, len(buf))
		if err == io.EOF {
			return errShort
		}
		if err != nil {
			return err
		}
		buf = buf[copy(buf, got):]
	}
	return nil
}
