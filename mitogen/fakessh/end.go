package fakessh

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// The kinds of messages.
const (
	kindData = iota
	kindEOF
	kindCredit
	kindStop
	kindExit
	kindClose
)

// The streams of a session.
const (
	stdin = iota
	stdout
	stderr
	streams
)

const (
	// headSize is what stands before the bytes of a stream.
	headSize = 2
	// smallData is the most that is not worth a Buffer, in bytes.
	smallData = 4 << 10
	// window is how many bytes of a stream may be on their way, or unread at the
	// other end: enough for a link of 100 MB/s and 10 ms, and little enough that a
	// call is not stuck behind it on a slower one.
	window = 1 << 20
	// chunkSize is the most that one message takes: what a pipe holds.
	chunkSize = 64 << 10
	// messageCost is what a message counts beside its bytes, so that many small ones
	// are bounded too.
	messageCost = 128
)

// errStopped says that the other end does not read the stream any more.
var errStopped = errors.New("nobody reads any more")

// end is one end of a session.
type end struct {
	router *mitogen.Router
	peer   *mitogen.Context
	handle uint32

	mu       sync.Mutex
	remote   uint32 // the handle of the other end
	in       [streams]inbox
	out      [streams]outbox
	status   uint32
	said     string
	exited   bool // status and said came
	closed   bool // the other end wants no more
	left     bool // nobody waits for the other end any more
	failed   error
	finished chan struct{} // closed with exited, closed or failed
}

// inbox is what came of a stream. write, if there is one, writes as much as it can
// without waiting.
type inbox struct {
	changed sync.Cond // signalled when there is something for who reads
	waiting bool      // who reads waits
	write   func(b []byte) int
	chunks  []chunk
	held    int // bytes that came and were not made up for by credit
	taken   int // of them, those that were read
	eof     bool
	stopped bool // nobody reads them here
}

// chunk is the bytes of one message.
type chunk struct {
	data   []byte
	buffer *wire.Buffer // in which they stand, if in one
}

// outbox is what may be sent of a stream.
type outbox struct {
	changed sync.Cond // signalled when there is something for who sends
	credit  int
	stopped bool          // nobody reads it there
	gone    chan struct{} // closed with stopped
}

// newEnd listens for the other end, which is in the context peer.
func newEnd(r *mitogen.Router, peer *mitogen.Context) (*end, error) {
	e := &end{router: r, peer: peer, finished: make(chan struct{})}
	for i := range e.out {
		e.out[i].credit, e.out[i].gone = window, make(chan struct{})
		e.in[i].changed.L, e.out[i].changed.L = &e.mu, &e.mu
	}
	var err error
	e.handle, err = r.AddHandler(mitogen.Handler{Func: e.receive, Respondent: peer, Buffers: true})
	return e, err
}

// release stops listening.
func (e *end) release() { _ = e.router.DelHandler(e.handle) } // the router does it when the peer is gone

// receive runs on a reader's goroutine.
func (e *end) receive(m *mitogen.Message) {
	if !e.wanted(m) {
		e.endOther(m.ReplyTo)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if m.IsDead() {
		e.failLocked(value.Errorf(value.KindChannel, "context %s: %s", e.peer.Name(), m.Data))
		return
	}
	if err := e.takeLocked(m.Data, m.Buffer); err != nil {
		e.failLocked(value.Errorf(value.KindChannel, "context %s: %w", e.peer.Name(), err))
	}
}

func (e *end) failLocked(err error) {
	if e.overLocked() {
		return
	}
	e.failed = err
	e.finishLocked()
}

// finishLocked wakes everybody.
func (e *end) finishLocked() {
	for i := range e.in {
		e.in[i].changed.Broadcast()
		e.out[i].changed.Broadcast()
	}
	select {
	case <-e.finished:
	default:
		close(e.finished)
	}
}

func (e *end) overLocked() bool { return e.exited || e.closed || e.failed != nil }

// fail ends the session here.
func (e *end) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failLocked(err)
}

var errMalformed = errors.New("malformed message of an ssh session")

// takeLocked takes what the other end sent.
func (e *end) takeLocked(data []byte, buffer *wire.Buffer) error {
	if len(data) < headSize || data[1] >= streams {
		return errMalformed
	}
	if e.exited || e.failed != nil {
		return nil
	}
	i, rest := data[1], data[headSize:]
	in := &e.in[i]
	switch data[0] {
	case kindData:
		if in.held += len(rest) + messageCost; in.held > window {
			return errors.New("more was sent than the window of an ssh session")
		}
		if in.stopped {
			return nil
		}
		if rest = in.writeNow(rest); len(rest) == 0 {
			buffer.Free()
			return nil
		}
		in.chunks = append(in.chunks, chunk{rest, buffer})
		in.changed.Signal()
	case kindEOF:
		in.eof = true
		in.changed.Signal()
	case kindStop:
		if out := &e.out[i]; !out.stopped {
			out.stopped = true
			close(out.gone)
			out.changed.Signal()
		}
	case kindCredit:
		if len(rest) != 4 {
			return errMalformed
		}
		e.out[i].credit = min(window, e.out[i].credit+int(binary.BigEndian.Uint32(rest)))
		e.out[i].changed.Signal()
	case kindExit:
		if len(rest) < 4 {
			return errMalformed
		}
		e.status, e.said = binary.BigEndian.Uint32(rest), string(rest[4:])
		e.exited = true
		e.finishLocked()
	case kindClose:
		e.closed = true
		e.finishLocked()
	default:
		return errMalformed
	}
	return nil
}

// writeNow writes bytes that came if who reads waits for them, which spares waking
// it, and returns what is left. What gives room is left to it.
func (in *inbox) writeNow(b []byte) []byte {
	if in.write == nil || !in.waiting || len(in.chunks) > 0 || in.taken+len(b)+messageCost >= window/4 {
		return b
	}
	n := in.write(b)
	in.taken += n
	if n == len(b) {
		in.taken += messageCost
	}
	return b[n:]
}

// send sends a message whose first headSize bytes are free. The end owns data from
// then on.
func (e *end) send(kind, stream byte, data []byte) error {
	return e.sendBuffer(kind, stream, data, nil)
}

// sendBuffer sends what stands in a Buffer.
func (e *end) sendBuffer(kind, stream byte, data []byte, buffer *wire.Buffer) error {
	data[0], data[1] = kind, stream
	e.mu.Lock()
	remote := e.remote
	e.mu.Unlock()
	return e.peer.Send(&mitogen.Message{Frame: wire.Frame{Handle: remote, ReplyTo: e.handle, Data: data, Buffer: buffer}})
}

// tell sends a message that has no bytes of a stream. What cannot be sent is not
// missed: the loss of the peer ends the session.
func (e *end) tell(kind, stream byte) { _ = e.send(kind, stream, make([]byte, headSize)) }

// exit tells how the command ended.
func (e *end) exit(status uint32, said string) {
	data := binary.BigEndian.AppendUint32(make([]byte, headSize, headSize+4+len(said)), status)
	_ = e.send(kindExit, 0, append(data, said...)) // who is gone needs no status
}

// next waits for bytes of a stream; io.EOF at its end.
func (e *end) next(stream byte) (chunk, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	in := &e.in[stream]
	for {
		switch {
		case in.stopped:
			return chunk{}, errStopped
		case len(in.chunks) > 0:
			c := in.chunks[0]
			in.chunks[0] = chunk{}
			in.chunks = in.chunks[1:]
			return c, nil
		case e.failed != nil:
			return chunk{}, e.failed
		case in.eof, e.exited, e.closed:
			return chunk{}, io.EOF
		}
		in.waiting = true
		in.changed.Wait()
		in.waiting = false
	}
}

// ready reports whether next would not wait.
func (e *end) ready(stream byte) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	in := &e.in[stream]
	return in.stopped || len(in.chunks) > 0 || in.eof || e.overLocked()
}

// used makes room for what next gave, which nobody uses any more.
func (e *end) used(stream byte, c chunk) {
	size := len(c.data) + messageCost
	c.buffer.Free()
	e.mu.Lock()
	in := &e.in[stream]
	in.taken += size
	n := in.taken
	if n < window/4 || in.eof || e.overLocked() {
		e.mu.Unlock()
		return
	}
	in.taken, in.held = 0, in.held-n
	e.mu.Unlock()
	_ = e.send(kindCredit, stream, binary.BigEndian.AppendUint32(make([]byte, headSize, headSize+4), uint32(n)))
}

// stop lets the other end know that nobody reads the stream.
func (e *end) stop(stream byte) {
	e.mu.Lock()
	in := &e.in[stream]
	known := in.stopped || in.eof || e.overLocked()
	in.stopped, in.chunks, in.write = true, nil, nil
	in.changed.Signal()
	e.mu.Unlock()
	if !known {
		e.tell(kindStop, stream)
	}
}

// room waits until bytes of a stream may be sent, and gives how many, up to
// chunkSize.
func (e *end) room(stream byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := &e.out[stream]
	for {
		switch {
		case e.failed != nil:
			return 0, e.failed
		case out.stopped, e.exited, e.closed:
			return 0, errStopped
		case out.credit > messageCost:
			return min(out.credit-messageCost, chunkSize), nil
		}
		out.changed.Wait()
	}
}

// put sends what stands behind the head in data; room has said that it may.
func (e *end) put(stream byte, data []byte, buffer *wire.Buffer) error {
	e.mu.Lock()
	e.out[stream].credit -= len(data) - headSize + messageCost
	e.mu.Unlock()
	return e.sendBuffer(kindData, stream, data, buffer)
}

// over reports whether the session has ended.
func (e *end) over() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.overLocked()
}
