package mitogen

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// Stream is a connection to a neighbour: the parent, or a child.
type Stream struct {
	router *Router
	conn   io.ReadWriteCloser

	// immutable after Attach
	remoteID uint32
	name     string
	parent   bool
	stamp    *uint32 // the authority that the neighbour has in place of its own, if any

	// guarded by router.mu
	egress     map[uint32]struct{}     // ids that the far side has sent messages to
	egressAll  bool                    // they were too many to remember
	lastEgress uint32                  // the last of them, to spare the map
	reached    int                     // contexts that it is the route to
	blocks     []idBlock               // ids that were handed to the far side
	asked      int                     // blocks that it has asked for
	carried    map[value.Hash]struct{} // chunks of code sent this way

	forged  int          // messages that cannot have come from there; owned by the reader
	unread  atomic.Int64 // bytes of what it brought that is kept until somebody takes it
	heard   atomic.Int64 // when something came last, in nanoseconds since began
	listens atomic.Bool  // the reader waits for bytes
	asking  atomic.Int32 // requests of the far side that goroutines work at
	paused  gate
	out     writer
	ending  chan struct{} // closed when the connection is
	ended   sync.Once
	done    chan struct{} // closed when the reader has ended and the loss is announced
}

// RemoteID is the id of the neighbour.
func (s *Stream) RemoteID() uint32 { return s.remoteID }

// Name is the name of the neighbour.
func (s *Stream) Name() string { return s.name }

// began is the start of this process, with the reading of the monotonic clock: who
// sets the machine's clock must not make neighbours look silent for that long.
var began = time.Now()

// Heard is when something came from the neighbour last, on the monotonic clock.
func (s *Stream) Heard() time.Time { return began.Add(time.Duration(s.heard.Load())) }

func (s *Stream) hear() { s.heard.Store(int64(time.Since(began))) }

// Listens reports whether more is waited for: that nothing comes says something of
// the far side only then.
func (s *Stream) Listens() bool { return s.listens.Load() }

// Done is closed when the stream is lost and everybody who waited on it was told.
func (s *Stream) Done() <-chan struct{} { return s.done }

// Close writes what is queued and closes the connection.
func (s *Stream) Close() {
	s.out.drain()
	s.Abort()
}

// Abort closes the connection at once.
func (s *Stream) Abort() {
	s.ended.Do(func() { close(s.ending) })
	s.out.fail(net.ErrClosed)
	_ = s.conn.Close()
}

// Pause stops reading from the neighbour until Resume: what it sends then waits
// on its side.
func (s *Stream) Pause() { s.paused.shut() }

// Resume reads on after Pause.
func (s *Stream) Resume() { s.paused.reopen() }

// privileged streams may talk to everybody in unidirectional mode.
func (s *Stream) privileged() bool { return s.parent || s.stamp != nil }

// queueLimit is how many bytes may wait for a link before data frames wait
// themselves: enough to keep a pipe busy, little enough that a call sent during a
// bulk transfer is not stuck behind much.
const queueLimit = 256 << 10

// urgentLimit is how many bytes may wait that cannot be made to wait at their
// source: refusals, news of routes. A neighbour that provokes them and reads none
// is cut off.
const urgentLimit = 64 << 20

// inlineData is the largest data that is copied behind its header; longer data
// is handed to the kernel from where it stands.
const inlineData = 16 << 10

// writer is a combining writer: whoever finds nobody writing writes for all.
// It needs no goroutine of its own.
type writer struct {
	mu      sync.Mutex
	pending net.Buffers    // filled while another batch is being written
	spare   net.Buffers    // the previous batch's slices, for reuse
	small   []byte         // the previous batch's first buffer, for reuse; nil if it was large
	loans   []*wire.Buffer // in pending
	size    int            // bytes in pending
	busy    bool           // someone is writing
	room    chan struct{}  // closed when pending was taken; nil if nobody waits
	idle    chan struct{}  // closed when the writer comes to rest; nil if nobody waits
	err     error
}

// urgency says what a sender may be made to wait for.
type urgency int

const (
	waits  urgency = iota // waits for room, and writes itself
	relays                // waits for room, but leaves writing to a goroutine: a reader
	urgent                // never waits: control and dead messages
)

// errNoRoom says that nobody waits for room any more.
var errNoRoom = errors.New("the link takes no more data")

// send queues a frame and sees to it that it is written. It returns the error
// that ended the link, if it has.
func (s *Stream) send(f *wire.Frame, u urgency) error { return s.sendUntil(nil, f, u) }

// sendUntil is send, but waits for room only until done is closed.
func (s *Stream) sendUntil(done <-chan struct{}, f *wire.Frame, u urgency) error {
	s.router.frames.note("to", s, f)
	weigh(f)
	w := &s.out
	w.mu.Lock()
	for u != urgent && w.size > queueLimit && w.err == nil {
		if w.room == nil {
			w.room = make(chan struct{})
		}
		room := w.room
		w.mu.Unlock()
		select {
		case <-room:
		case <-done:
			return errNoRoom
		}
		w.mu.Lock()
	}
	if w.err != nil {
		defer w.mu.Unlock()
		return w.err
	}
	if w.size > urgentLimit && u == urgent {
		w.mu.Unlock()
		s.router.log.Error("stream cut off: the far side does not read", "stream", s.name, "queued", urgentLimit)
		go s.Abort() // closing may take its time, and a reader may not wait
		return net.ErrClosed
	}
	w.appendLocked(f)
	if w.busy {
		w.mu.Unlock()
		return nil
	}
	w.busy = true
	w.mu.Unlock()
	if u == waits {
		s.flush()
		return nil
	}
	if !s.router.broker.run(s.flush) {
		w.rest()
		return net.ErrClosed
	}
	return nil
}

// flush writes what is pending. A link that takes nothing any more has ended.
func (s *Stream) flush() {
	if s.out.flush(s.conn) != nil {
		s.endSoon()
	}
}

// lastWords is how long a link that takes nothing may be silent before it is closed:
// what a far side said before it went is still to be read.
const lastWords = time.Second

// endSoon closes the connection once nothing comes any more.
func (s *Stream) endSoon() {
	heard := s.heard.Load()
	time.AfterFunc(lastWords, func() {
		select {
		case <-s.ending:
		default:
			if s.heard.Load() != heard {
				s.endSoon()
				return
			}
			s.Abort()
		}
	})
}

func (w *writer) appendLocked(f *wire.Frame) {
	w.size += f.Size()
	if f.Buffer != nil {
		w.pending = append(w.pending, f.Buffer.Bytes(f))
		w.loans = append(w.loans, f.Buffer)
		return
	}
	n := len(w.pending)
	if n == 0 || cap(w.pending[n-1])-len(w.pending[n-1]) < wire.HeaderSize+min(len(f.Data), inlineData) {
		w.pending = append(w.pending, w.bufferLocked(f))
		n++
	}
	last := f.AppendHeader(w.pending[n-1])
	if len(f.Data) <= inlineData {
		w.pending[n-1] = append(last, f.Data...)
		return
	}
	w.pending[n-1] = last
	w.pending = append(w.pending, f.Data[:len(f.Data):len(f.Data)])
}

// keptBuffer is the largest buffer that is kept for the next batch: idle links
// hold next to nothing.
const keptBuffer = 2 << 10

// bufferLocked gives an empty buffer with room for f, and for more like it.
func (w *writer) bufferLocked(f *wire.Frame) []byte {
	room := max(512, 2*f.Size())
	if len(f.Data) > inlineData {
		room = 2 * wire.HeaderSize
	}
	if buf := w.small; cap(buf) >= room {
		w.small = nil
		return buf
	}
	return make([]byte, 0, room)
}

// flush writes until nothing is pending. The caller has set busy. The error is that
// of a write of this call.
func (w *writer) flush(conn io.Writer) (failed error) {
	for {
		w.mu.Lock()
		batch, loans := w.pending, w.loans
		w.pending, w.loans, w.size = w.spare[:0], nil, 0
		w.spare = nil
		w.wakeLocked(&w.room)
		if len(batch) == 0 || w.err != nil {
			w.busy = false
			w.wakeLocked(&w.idle)
			w.mu.Unlock()
			return failed
		}
		w.mu.Unlock()
		err := writeAll(conn, batch)
		for _, b := range loans {
			b.Free()
		}
		w.mu.Lock()
		if cap(batch[0]) <= keptBuffer {
			w.small = batch[0][:0]
		}
		clear(batch)
		w.spare = batch[:0]
		if err != nil && w.err == nil {
			w.err, failed = err, err
		}
		w.mu.Unlock()
	}
}

func (w *writer) wakeLocked(ch *chan struct{}) {
	if *ch != nil {
		close(*ch)
		*ch = nil
	}
}

func writeAll(conn io.Writer, batch net.Buffers) error {
	for _, b := range batch {
		if _, err := conn.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// fail ends the writer: later frames are refused, waiting senders wake.
func (w *writer) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
	w.pending, w.loans, w.size = nil, nil, 0
	w.wakeLocked(&w.room)
}

// rest ends the writing that the caller was to do.
func (w *writer) rest() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending, w.loans, w.size, w.busy = nil, nil, 0, false
	w.wakeLocked(&w.room)
	w.wakeLocked(&w.idle)
}

// idling reports whether nothing is being written.
func (w *writer) idling() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.busy
}

// drain waits until nothing is being written.
func (w *writer) drain() {
	w.mu.Lock()
	for w.busy {
		if w.idle == nil {
			w.idle = make(chan struct{})
		}
		idle := w.idle
		w.mu.Unlock()
		<-idle
		w.mu.Lock()
	}
	w.mu.Unlock()
}

// gate can be shut to pause a reader.
type gate struct {
	mu   sync.Mutex
	open chan struct{} // nil while open
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		g.open = make(chan struct{})
	}
}

func (g *gate) reopen() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open != nil {
		close(g.open)
		g.open = nil
	}
}

// pass waits while the gate is shut, or until done.
func (g *gate) pass(done <-chan struct{}) {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	if open == nil {
		return
	}
	select {
	case <-open:
	case <-done:
	}
}
