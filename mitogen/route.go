package mitogen

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// read routes what comes in on s until the link ends.
func (s *Stream) read() {
	r := s.router
	rd := wire.NewReader(hearing{s, s.conn}, 0)
	if rd.Bulk = s.out.bulk; rd.Bulk.ReadWriter != nil {
		rd.Bulk.ReadWriter = hearing{s, rd.Bulk.ReadWriter}
	}
	rd.Limit, rd.Returns = r.MaxMessageSize, r.returnsBuffer
	look, _ := s.conn.(Looker)
	for {
		s.paused.pass(s.ending)
		f, err := rd.Next()
		if err == nil {
			r.frames.note("from", s, &f)
			weigh(&f)
			if look != nil {
				look.Look(s.mayLook(&f))
			}
			r.receive(&Message{Frame: f, Router: r, stream: s})
			continue
		}
		var large *wire.TooLargeError
		if errors.As(err, &large) {
			r.log.Error("message too large", "stream", s.name, "length", large.Length, "max", large.Max)
			r.refuseLarge(&Message{Frame: large.Frame, Router: r, stream: s}, large.Error())
			continue
		}
		r.streamLost(s, err)
		return
	}
}

// returnsBuffer reports whether a frame is passed on, or goes to a handler of bulk data.
func (r *Router) returnsBuffer(dst, handle uint32) bool {
	if dst != r.id {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.handlers[handle]
	return h != nil && h.Buffers
}

// hearing reads from a stream's connection and notes when something came.
type hearing struct {
	s *Stream
	io.ReadWriter
}

func (h hearing) Read(b []byte) (int, error) {
	h.s.listens.Store(true)
	n, err := h.ReadWriter.Read(b)
	h.s.listens.Store(false)
	h.s.hear()
	return n, err
}

// receive is the one place where what comes in from a neighbour is trusted or not.
func (r *Router) receive(m *Message) {
	s := m.stream
	r.mu.Lock()
	if bad := r.forgedLocked(m); bad != "" {
		belated := r.belatedLocked(m)
		r.mu.Unlock()
		if !belated {
			r.forged(bad, m)
		}
		return
	}
	if s.stamp != nil && m.Auth == s.remoteID {
		m.Auth = *s.stamp
	}
	r.noteEgressLocked(s, m.Dst)
	if m.Dst == r.id {
		r.mu.Unlock()
		r.deliver(m)
		return
	}
	out := r.forwardLocked(m)
	apart := out != nil && r.unidirectional && !s.privileged() && !out.privileged()
	r.mu.Unlock()
	switch {
	case out == nil:
		r.refuse(m, noRoute(m.Dst, r.id))
		return
	case apart:
		r.Refuse(m, fmt.Sprintf("routing mode prevents forward of message from context %d to context %d via context %d",
			m.Src, m.Dst, r.id))
		return
	}
	u := relays
	if m.IsDead() {
		u = lossy
	}
	_ = out.sendUntil(s.ending, &m.Frame, u) // a lost stream is announced by its reader
}

// refuseLarge answers a message that was thrown away, if it came from where it says.
// One that wants no answer, as a call's result, is told to who would have got it.
func (r *Router) refuseLarge(m *Message, reason string) {
	if m.ReplyTo == 0 {
		m.ReplyTo, m.Data = wire.IsDead, []byte(reason)
		r.receive(m)
		return
	}
	r.mu.Lock()
	bad := r.forgedLocked(m)
	r.mu.Unlock()
	if bad != "" {
		r.forged(bad, m)
		return
	}
	r.refuse(m, reason)
}

// forgedLocked says why a message cannot have come from where it says: from below
// only contexts of that subtree speak, from above none that are below us.
func (r *Router) forgedLocked(m *Message) string {
	if !r.cameByLocked(m.Auth, m.stream) {
		return "bad auth_id"
	}
	if !r.cameByLocked(m.Src, m.stream) {
		return "bad src_id"
	}
	return ""
}

func (r *Router) cameByLocked(id uint32, s *Stream) bool {
	return id != r.id && r.streamToLocked(id) == s
}

// maxEgress bounds what is remembered of whom a far side has talked to. One that
// has talked to more is told of every context that goes.
const maxEgress = 1 << 16

func (r *Router) noteEgressLocked(s *Stream, dst uint32) {
	if s.lastEgress == dst && s.egress != nil {
		return
	}
	if s.egress == nil {
		s.egress = map[uint32]struct{}{}
	}
	if len(s.egress) >= maxEgress {
		s.egressAll = true
		return
	}
	s.egress[dst] = struct{}{}
	s.lastEgress = dst
}

// forwardLocked chooses the stream for a message that is not for us. What came
// from above is never sent back up.
func (r *Router) forwardLocked(m *Message) *Stream {
	out := r.streamToLocked(m.Dst)
	if out == m.stream {
		return nil
	}
	return out
}

// Route sends a message of this context. Src and Auth are set to it. An error is
// one of the message itself (too large) or of a link that is gone; what happens
// further on comes back as a dead message to ReplyTo.
func (r *Router) Route(m *Message) error { return r.route(m, waits) }

func (r *Router) route(m *Message, u urgency) error {
	m.Src, m.Auth = r.id, r.id
	return r.send(m, u)
}

func (r *Router) send(m *Message, u urgency) error { return r.sendUntil(nil, m, u) }

func (r *Router) sendUntil(done <-chan struct{}, m *Message, u urgency) error {
	if m.Dst == r.id {
		m.Router = r
		r.deliver(m)
		return nil
	}
	r.mu.Lock()
	limit := r.maxMessageSize
	out := r.streamToLocked(m.Dst)
	r.mu.Unlock()
	if uint64(m.Length()) > uint64(limit) {
		return value.Errorf(value.KindChannel, "%s", wire.TooLarge(int64(limit)))
	}
	if out == nil {
		r.refuse(m, noRoute(m.Dst, r.id))
		return nil
	}
	if err := out.sendUntil(done, &m.Frame, u); err == errNoRoom {
		return err
	} else if err != nil {
		r.refuse(m, noRoute(m.Dst, r.id))
	}
	return nil
}

// refuse answers a message dead. One that waits for no answer is logged.
//
// The one who waits believes its own side of the tree, and the respondent. So a
// context on the way down to the respondent answers in its name, as far as the
// contexts above agree that the respondent is here: if they do not, they know that
// it is gone, and tell.
func (r *Router) refuse(m *Message, reason string) {
	m.taken()
	if m.IsDead() {
		return
	}
	r.log.Debug("message refused", "reason", reason, "src_id", m.Src, "dst_id", m.Dst, "handle", m.Handle)
	if m.ReplyTo == 0 {
		return
	}
	dead := &Message{Frame: wire.Frame{
		Dst: m.Src, Src: r.id, Auth: r.id, Handle: m.ReplyTo, ReplyTo: wire.IsDead, Data: []byte(reason),
	}}
	if s := m.stream; s != nil && s.parent && m.Src != s.remoteID && m.Dst != r.id {
		dead.Src = m.Dst
	}
	_ = r.send(dead, urgent)
}

// streamLost tells everybody who counted on what was behind s.
func (r *Router) streamLost(s *Stream, reason error) {
	s.Abort()
	r.logLoss(s, reason)
	r.mu.Lock()
	var lost []uint32
	for id, via := range r.routes {
		if via == s {
			lost = append(lost, id)
		}
	}
	delete(r.streams, s)
	parentLost := r.parentStream == s
	if parentLost {
		r.parentStream, r.parentLost = nil, true
	}
	notify := r.onParentLost
	if r.detached || r.closing {
		notify = nil
	}
	r.mu.Unlock()
	if len(lost) > 0 {
		r.forget(lost, s)
	}
	if parentLost {
		r.failAbove()
		if notify != nil {
			notify(reason)
		}
	}
	close(s.done)
}

func (r *Router) logLoss(s *Stream, reason error) {
	var corrupt *wire.CorruptError
	switch {
	case errors.As(reason, &corrupt), errors.Is(reason, io.ErrUnexpectedEOF):
		r.log.Error("stream lost", "stream", s.name, "reason", reason)
	case reason == io.EOF, errors.Is(reason, net.ErrClosed), errors.Is(reason, os.ErrClosed):
		r.log.Debug("stream closed", "stream", s.name)
	default:
		r.log.Debug("stream lost", "stream", s.name, "reason", reason)
	}
}
