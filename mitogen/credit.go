package mitogen

import (
	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// A credit is a message to CREDIT, [kind, handle, id, bytes]: how a Sender waits
// until a Receiver with a window has room.
//
// A Sender that knows of the window asks before each message: handle is that of
// the Receiver, id the Sender's own number of the wait, bytes the size, and
// reply_to the handle where the Sender hears that nobody receives. The Receiver
// grants the asks in the order in which they came, so its senders take turns. A
// grant names that reply_to as its handle, the id, and the window. Who no longer
// wants what it asked for, or cannot use it, withdraws. A closed Receiver answers
// the asks dead, and a context that goes gives back what its senders were granted.
//
// A Sender learns of the window from its SenderRef. One that was made by hand sends
// unasked up to freeBytes, then asks; the first unasked message is answered with a
// notice of the window, after which it asks at once. Without a window the answer to
// an ask is a notice of 0, which grants all asks, now and later.
//
// Nothing here waits but the Sender itself: asks are handled on readers, which never
// wait for a Receiver, and all credits skip the limit of the local queue; so no depth
// of the tree can deadlock. What senders do in spite of the window is bounded: a
// message that was not asked for is let in while those unread are within slackBytes,
// or if there is none, and else is answered dead. So no more is unread than the
// window, slackBytes and two messages. A Receiver that grants nothing holds up those
// that send to it, and nobody else.
type credit struct {
	kind   int64
	handle uint32
	id     int64
	bytes  int64
}

// The kinds of credits.
const (
	creditAsk      = 1
	creditWithdraw = 2
	creditGrant    = 3
	creditNotice   = 4
)

const (
	// slackBytes bounds the unread messages that were not asked for.
	slackBytes = 1 << 20
	// freeBytes is what a Sender sends before it asks whether there is a window.
	freeBytes = 128 << 10
	// unaskedCost is what a message that was not asked for counts beside its data,
	// so that empty ones are bounded too.
	unaskedCost = 256
)

// creditSize is what a message counts of a window, in bytes.
func creditSize(m *Message) int64 { return int64(max(1, m.Length())) }

// sendCredit never waits.
func (r *Router) sendCredit(dst, replyTo uint32, c credit) {
	var enc codec.Encoder
	enc.Array(4)
	for _, n := range [4]int64{c.kind, int64(c.handle), c.id, c.bytes} {
		enc.Int(n)
	}
	_ = r.send(&Message{Frame: wire.Frame{
		Dst: dst, Src: r.id, Auth: r.id, Handle: wire.Credit, ReplyTo: replyTo, Data: enc.Buf,
	}}, urgent) // one that is gone is announced by its stream
}

func readCredit(data []byte) (c credit, err error) {
	d := codec.NewDecoder(data, codec.Limits{})
	n, err := d.Array()
	if err != nil {
		return c, err
	}
	var parts [4]int64
	if n != len(parts) {
		return c, errorf("a credit of %d items", n)
	}
	for i := range parts {
		if parts[i], err = d.Int(); err != nil {
			return c, err
		}
	}
	if h := parts[1]; h < 0 || h > 1<<32-1 || parts[3] < 0 {
		return c, errorf("a credit out of range")
	}
	return credit{kind: parts[0], handle: uint32(parts[1]), id: parts[2], bytes: parts[3]}, d.Done()
}

func (r *Router) onCredit(m *Message) {
	c, err := readCredit(m.Data)
	if err != nil {
		r.log.Debug("malformed CREDIT", "src_id", m.Src, "reason", err)
		return
	}
	r.mu.Lock()
	h := r.handlers[c.handle]
	r.mu.Unlock()
	switch c.kind {
	case creditAsk, creditWithdraw:
		r.creditAsked(h, m, c)
	case creditGrant, creditNotice:
		if h != nil && h.feedback != nil && m.Src == h.respondent {
			h.feedback.heard(c)
		}
	}
}

// creditAsked answers for the handler h, as far as m's sender may send to it.
func (r *Router) creditAsked(h *handler, m *Message, c credit) {
	if h == nil {
		r.refuse(m, reasonInvalidHandle)
		return
	}
	if h.Respondent != nil && m.Src != h.respondent {
		r.refuse(m, refused("reply from unexpected context %d, want %d", m.Src, h.respondent))
		return
	}
	if h.Policy != nil && c.kind == creditAsk { // who was refused may give back what it asked for
		if reason, ok := h.Policy(m); !ok {
			r.Refuse(m, reason)
			return
		}
	}
	switch {
	case h.receiver == nil || h.receiver.flow == nil:
		r.sendCredit(m.Src, 0, credit{kind: creditNotice, handle: m.ReplyTo})
	case c.kind == creditAsk:
		h.receiver.flow.ask(m, c)
	default:
		h.receiver.flow.withdraw(lane{m.Src, m.ReplyTo, c.handle}, c)
	}
}

// NewSenderTo returns the Sender that ref names, for which it is known whether
// its Receiver has a window.
func NewSenderTo(r *Router, ref value.SenderRef) *Sender {
	s := NewSender(r.ContextByID(ref.Context, ""), ref.Handle)
	s.window, s.told = ref.Window, true
	return s
}
