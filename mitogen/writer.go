package mitogen

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// queueLimit is how many bytes may wait for a link before data frames wait
// themselves: enough to keep a pipe busy, little enough that a call sent during a
// bulk transfer is not stuck behind much.
const queueLimit = 256 << 10

// urgentLimit is how many bytes may wait that cannot be made to wait at their
// source: refusals, news of routes. A neighbour that provokes them and reads none
// is cut off.
const urgentLimit = 64 << 20

// lossyLimit is how many of them others may bring about, who are no neighbours and so
// are not to have the neighbour cut off: what is more of that is lost.
const lossyLimit = urgentLimit / 2

// A burst is frames of whom nobody waits for an answer alone: they are gathered up to
// gatherLimit bytes, or until their sender lets go of the processor, and written at
// once. Each write is a system call here and may be a process woken there.
const (
	gatherLimit = 4 << 10
	burst       = 100 * time.Microsecond
)

// writer is a combining writer: whoever finds nobody writing writes for all.
// It needs no goroutine of its own.
type writer struct {
	mu      sync.Mutex
	bulk    wire.Bulk      // the link's second way; set before the first frame
	pending []piece        // filled while another batch is being written
	spare   []piece        // the previous batch's slice, for reuse
	small   []byte         // an earlier batch's buffer, for reuse
	loans   []*wire.Buffer // in pending
	size    int            // bytes in pending
	forced  int            // of them, in frames that did not wait
	busy    bool           // someone is writing
	due     bool           // a goroutine was started that is to write, if nobody does before
	flushed time.Duration  // when the last writing ended, since began
	room    chan struct{}  // closed when pending was taken; nil if nobody waits
	idle    chan struct{}  // closed when the writer comes to rest; nil if nobody waits
	err     error
}

// urgency says what a sender may be made to wait for.
type urgency int

const (
	waits   urgency = iota // waits for room, and writes itself
	gathers                // as waits, but in a burst more may follow before it is written
	relays                 // waits for room, but not for the link to take it: a reader
	lossy                  // never waits, and is lost beyond lossyLimit: what others bring about
	urgent                 // never waits: control and dead messages
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
	if u < lossy && !w.roomLocked(done) {
		w.mu.Unlock()
		return errNoRoom
	}
	if w.err != nil {
		defer w.mu.Unlock()
		return w.err
	}
	if w.forced > urgentLimit && u == urgent {
		w.failLocked(net.ErrClosed) // first, as the record may be for this link
		w.mu.Unlock()
		s.router.log.Error("stream cut off: the far side does not read", "stream", s.name, "queued", urgentLimit)
		go s.Abort() // closing may take its time, and a reader may not wait
		return net.ErrClosed
	}
	if u == lossy && w.forced+f.Size() > lossyLimit {
		w.mu.Unlock()
		return nil
	}
	w.appendLocked(f)
	if u >= lossy {
		w.forced += f.Size()
	}
	switch {
	case w.busy:
		w.mu.Unlock()
	case u == waits, u == gathers && !w.burstLocked():
		w.busy = true
		w.mu.Unlock()
		s.flush()
	case w.due:
		w.mu.Unlock()
	case u == relays && s.try != nil && w.smallLocked():
		w.busy = true
		w.mu.Unlock()
		return s.attempt()
	default:
		w.due = true
		w.mu.Unlock()
		return s.begin()
	}
	return nil
}

// awaitRoom waits for room until done is closed.
func (s *Stream) awaitRoom(done <-chan struct{}) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.out.roomLocked(done)
}

// roomLocked waits for room, and reports false if done was closed before.
func (w *writer) roomLocked(done <-chan struct{}) bool {
	for w.size > queueLimit && w.err == nil {
		if w.room == nil {
			w.room = make(chan struct{})
		}
		room := w.room
		w.mu.Unlock()
		select {
		case <-room:
			w.mu.Lock()
		case <-done:
			w.mu.Lock()
			return false
		}
	}
	return true
}

// begin starts the goroutine that is due.
func (s *Stream) begin() error {
	if s.router.broker.run(s.flushDue) {
		return nil
	}
	s.out.rest()
	return net.ErrClosed
}

// TryWriter is what a connection may have besides: a reader, which must not wait, then
// relays small frames itself, which saves waking a goroutine at each hop.
type TryWriter interface {
	// TryWrite writes what is taken at once and returns how many bytes that was. Why it
	// is less than all is for Write to tell.
	TryWrite(b []byte) int
}

// smallLocked reports whether all that is pending is one small piece.
func (w *writer) smallLocked() bool {
	return len(w.pending) == 1 && w.size <= gatherLimit && len(w.loans) == 0
}

// attempt writes what is pending, and leaves to a goroutine what the link does not take
// at once. The caller has set busy.
func (s *Stream) attempt() error {
	if s.out.attempt(s.try) {
		return nil
	}
	return s.begin()
}

// attempt reports false when something is left, which is due. Others may have added
// to what is pending meanwhile: more than a small piece is left as it is.
func (w *writer) attempt(conn TryWriter) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && w.smallLocked() {
		batch, _ := w.takeLocked()
		w.mu.Unlock()
		n := conn.TryWrite(batch[0].data)
		w.mu.Lock()
		if n == len(batch[0].data) {
			w.keepLocked(batch)
		} else if w.err == nil {
			left := batch[0].data[n:]
			w.pending = append([]piece{{data: left, own: true}}, w.pending...)
			w.size += len(left)
		}
	}
	if w.err == nil && len(w.pending) > 0 {
		w.busy, w.due = false, true
		return false
	}
	w.restLocked()
	return true
}

// burstLocked reports whether what is pending may wait for more.
func (w *writer) burstLocked() bool {
	return w.size < gatherLimit && time.Since(began)-w.flushed < burst
}

// flushDue writes what nobody else has written.
func (s *Stream) flushDue() {
	if s.out.takeDue() {
		s.flush()
	}
}

// takeDue reports whether the caller is to write what is due.
func (w *writer) takeDue() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due = false
	if w.busy {
		return false
	}
	if len(w.pending) == 0 {
		w.wakeLocked(&w.idle)
		return false
	}
	w.busy = true
	return true
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

// flush writes until nothing is pending. The caller has set busy. The error is that
// of a write of this call.
func (w *writer) flush(conn io.Writer) (failed error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.pending) > 0 && w.err == nil {
		batch, loans := w.takeLocked()
		w.mu.Unlock()
		err := w.write(conn, batch)
		for _, b := range loans {
			b.Free()
		}
		w.mu.Lock()
		w.keepLocked(batch)
		if err != nil && w.err == nil {
			w.err, failed = err, err
		}
	}
	w.restLocked()
	return failed
}

// takeLocked takes what is pending, to write it.
func (w *writer) takeLocked() (batch []piece, loans []*wire.Buffer) {
	batch, loans = w.pending, w.loans
	w.pending, w.loans, w.size, w.forced = w.spare[:0], nil, 0, 0
	w.spare = nil
	w.wakeLocked(&w.room)
	return batch, loans
}

// restLocked ends the writing.
func (w *writer) restLocked() {
	w.busy, w.flushed = false, time.Since(began)
	if len(w.pending) > 0 { // it failed, and what came meanwhile goes nowhere
		w.takeLocked()
	}
	if !w.due {
		w.wakeLocked(&w.idle)
	}
}

func (w *writer) wakeLocked(ch *chan struct{}) {
	if *ch != nil {
		close(*ch)
		*ch = nil
	}
}

// fail ends the writer: later frames are refused, waiting senders wake.
func (w *writer) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failLocked(err)
}

func (w *writer) failLocked(err error) {
	if w.err == nil {
		w.err = err
	}
	w.pending, w.loans, w.size, w.forced = nil, nil, 0, 0
	w.wakeLocked(&w.room)
}

// rest drops what was to be written by a goroutine that there will not be.
func (w *writer) rest() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending, w.loans, w.size, w.forced, w.due = nil, nil, 0, 0, false
	w.wakeLocked(&w.room)
	if !w.busy {
		w.wakeLocked(&w.idle)
	}
}

// idling reports whether nothing is being written.
func (w *writer) idling() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.busy && !w.due
}

// drain waits until nothing is being written.
func (w *writer) drain() {
	w.mu.Lock()
	for w.busy || w.due {
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
