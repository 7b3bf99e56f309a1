package mitogen

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Stream is a connection to a neighbour: the parent, or a child.
type Stream struct {
	router *Router
	conn   io.ReadWriteCloser
	try    TryWriter // conn, if it is one

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
