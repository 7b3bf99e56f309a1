package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// inbox is a Receiver to which contexts send numbered messages of one size.
type inbox struct {
	w      *world
	at     *node
	rv     *mitogen.Receiver
	ref    value.SenderRef
	window int64
	size   int64 // of a message's data, in bytes
	text   int   // length of a message's text
	closed bool
	puts   []*puts
}

// puts is one context's sequence of messages to an inbox.
type puts struct {
	*op
	in    *inbox
	count int // messages that it is to send
	sent  int // that were accepted; owned by the op until it ends
	taken int // that were taken, in order
}

func (w *world) openInbox() {
	n := w.livingNode()
	if n.affected() {
		return
	}
	in := &inbox{w: w, at: n, window: int64(choose(w, []int{0, 1, 50, 500, 5000})), text: choose(w, []int{24, 200})}
	rv, err := mitogen.NewReceiver(n.router, mitogen.ReceiverOptions{Window: in.window})
	if err != nil {
		w.problem("a Receiver: %v", err)
		return
	}
	ref, err := rv.ToSender().Port()
	if err != nil {
		w.problem("its Sender: %v", err)
		return
	}
	in.rv, in.ref = rv, ref.(value.SenderRef)
	data, _ := codec.Encode(strings.Repeat("x", in.text))
	in.size = int64(len(data))
	w.note("inbox of %d, window %d", n.id, in.window)
	w.inboxes = append(w.inboxes, in)
}

func (w *world) startPuts() {
	if len(w.inboxes) == 0 {
		return
	}
	in := choose(w, w.inboxes)
	known := append(w.nodes[0].below(), w.nodes[0])
	if !slices.Contains(known, in.at) {
		return // word of it is still on the way
	}
	from := choose(w, known)
	s := mitogen.NewSenderTo(from.router, in.ref)
	from.senders = append(from.senders, s)
	p := &puts{in: in, count: 1 + w.pick(8)}
	number := len(in.puts)
	in.puts = append(in.puts, p)
	p.op = w.start("put", from, in.at, func(ctx context.Context, o *op) {
		for i := range p.count {
			text := fmt.Sprintf("%d>%d#%d.%d ", from.id, in.at.id, number, i)
			if err := s.Put(ctx, text+strings.Repeat("x", in.text-len(text))); err != nil {
				o.end(nil, err)
				return
			}
			p.sent++
		}
		o.end(o.text, nil)
	})
	p.op.puts = p
}

func (w *world) takeSome() {
	if len(w.inboxes) == 0 {
		return
	}
	in := choose(w, w.inboxes)
	w.note("take %d", in.take(1+w.pick(4)))
}

// take takes up to n messages and checks that each sender's come in their order.
func (in *inbox) take(n int) (taken int) {
	for range n {
		m, err := in.rv.TryGet()
		if err != nil {
			return taken
		}
		taken++
		v, err := m.Decode()
		text, _ := v.(string)
		var from, to uint32
		var number, i int
		if _, scanErr := fmt.Sscanf(text, "%d>%d#%d.%d", &from, &to, &number, &i); err != nil || scanErr != nil ||
			from != m.Src || to != in.at.id || number >= len(in.puts) {
			in.w.problem("a Receiver of %d got %v, %v of %d", in.at.id, v, err, m.Src)
			continue
		}
		p := in.puts[number]
		if i != p.taken {
			in.w.problem("a Receiver got %q, and wants number %d", text, p.taken)
		}
		p.taken = i + 1
	}
	return taken
}

// checkWindows: what is unread is within the window and one message.
func (w *world) checkWindows() {
	for _, in := range w.inboxes {
		n := int64(in.rv.Len())
		if in.rv.End() != nil { // the last message may tell of the end
			n--
		}
		if in.window > 0 && n > 1 && (n-1)*in.size >= in.window {
			w.problem("%d messages of %d bytes are unread, the window has %d", n, in.size, in.window)
		}
	}
}

func (w *world) closeInbox() {
	if len(w.inboxes) == 0 {
		return
	}
	in := choose(w, w.inboxes)
	in.closed = true
	w.note("close an inbox of %d", in.at.id)
	in.rv.Close()
}

// wrong says what is wrong with how a sequence ended.
func (p *puts) wrong() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	excused := p.in.closed || p.from.affected() || p.to.affected()
	switch {
	case p.ends != 1:
		return "it did not end once"
	case excused && p.err != nil && !errors.Is(p.err, value.KindChannel) && !stopError(p.err):
		return "it ended with the wrong kind of error"
	case excused:
		return ""
	case p.taken != p.sent:
		return fmt.Sprintf("%d were sent and %d came", p.sent, p.taken)
	case p.err != nil && !((p.stopped || p.deadline) && stopError(p.err)):
		return "it has an error without a reason"
	}
	return ""
}
