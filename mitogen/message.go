package mitogen

import (
	"sync"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// Message is a frame in memory, with where it came from.
type Message struct {
	wire.Frame
	// Router is the one that it arrived at; nil for one that was just made.
	Router *Router
	// Source is the Receiver, Latch or Channel that a Select took it from.
	Source Source

	stream  *Stream       // it came in on; nil for a local one
	funcs   []*value.Func // in the data: their chunks are sent ahead
	flow    *flow         // of the Receiver's window in which it counts; nil for none
	unasked bool          // it counts as sent without asking
	held    bool          // it counts among what its stream has brought
	result  *localResult  // stands for the data of a message that never leaves the process
	why     *value.Error  // what a dead message of this process says; nil for its data
}

// localResult is a value as it is, with what could not travel in it.
type localResult struct{ v value.Value }

// NewMessage returns a message whose data is v, encoded.
func NewMessage(v value.Value) (*Message, error) {
	return NewMessageNamed(v, CallNames{})
}

// NewMessageNamed is NewMessage with errors that name places as names says.
func NewMessageNamed(v value.Value, names CallNames) (*Message, error) {
	return encodeMessage(&codec.Encoder{FirstIndex: names.FirstIndex}, v)
}

// keptData is the most data that is kept of a message that was sent, for the next one,
// in bytes.
const keptData = 2 << 10

// spareMessages are those that were sent, with room for a little data: without it many
// results in a row leave as much garbage as the calls do.
var spareMessages = sync.Pool{New: func() any { return new(Message) }}

// free gives up a message that was made and sent here. A link keeps no small data.
func (m *Message) free(r *Router) {
	if m.Dst == r.id {
		return // who got it has it
	}
	data := m.Data
	*m = Message{}
	if cap(data) <= keptData {
		m.Data = data[:0]
	}
	spareMessages.Put(m)
}

// newMessage gives an empty message, with room for n bytes of data if that is not 0.
func newMessage(n int) *Message {
	m := spareMessages.Get().(*Message)
	if cap(m.Data) < n {
		m.Data = make([]byte, 0, n)
	}
	return m
}

func encodeMessage(enc *codec.Encoder, v value.Value) (*Message, error) {
	m := newMessage(0)
	if enc.Buf == nil {
		enc.Buf = m.Data
	}
	if err := enc.Value("", v); err != nil {
		return nil, err
	}
	m.Data, m.funcs = enc.Buf, enc.Funcs
	return m, nil
}

// encodeBulk is encodeMessage of what is sent once: large bytes are not copied.
func encodeBulk(enc *codec.Encoder, v value.Value) (*Message, error) {
	tail, err := enc.Bulk(v)
	if tail == "" && err == nil {
		return encodeMessage(enc, v)
	}
	return &Message{Frame: wire.Frame{Data: enc.Buf, Tail: tail}}, err
}

// join puts the tail of a message that stays in this process where that of others is.
func (m *Message) join() {
	if m.Tail != "" {
		m.Data, m.Tail = append(m.Data, m.Tail...), ""
	}
}

// Clone returns a message with the same data and fields, which can be sent.
func (m *Message) Clone() *Message {
	c := *m
	c.stream, c.flow, c.held = nil, nil, false
	return &c
}

// IsDead reports whether nobody will answer; Data is then the reason.
func (m *Message) IsDead() bool { return m.ReplyTo == wire.IsDead }

// Local reports whether the message was made in this process.
func (m *Message) Local() bool { return m.stream == nil }

// Decode returns the value of the data. A dead message is a ChannelError or
// SecurityError; an error as value is returned as the error. Functions are
// accepted from parents only.
func (m *Message) Decode() (value.Value, error) {
	v, err := m.Payload()
	if err != nil {
		return nil, err
	}
	if e, ok := v.(*value.Error); ok {
		return nil, e
	}
	return v, nil
}

// Payload is Decode, but an error that was sent as a value is the value.
func (m *Message) Payload() (value.Value, error) {
	if m.why != nil {
		return nil, m.why
	}
	if m.IsDead() {
		return nil, deadError(string(m.Data))
	}
	if m.result != nil {
		return m.result.v, nil
	}
	return codec.Decode(m.Data, m.limits())
}

// limits are those of what the message may bring.
func (m *Message) limits() codec.Limits {
	lim := codec.Limits{Funcs: m.Router == nil || m.Router.hasParentAuthority(m)}
	if m.Router != nil {
		lim.Resolve = m.Router.resolveFunc
	}
	return lim
}

// Reply sends v to whoever waits for an answer to m; a *Message is sent as it is.
// Without reply_to nothing is sent.
func (m *Message) Reply(v value.Value) error { return m.reply(v, waits) }

func (m *Message) reply(v value.Value, u urgency) error {
	if m.Router == nil {
		return errorf("a message that was not received cannot be replied to")
	}
	if m.ReplyTo == 0 || m.IsDead() {
		return nil
	}
	out, ok := v.(*Message)
	if !ok {
		var err error
		if out, err = NewMessage(v); err != nil {
			return err
		}
	}
	out.Dst, out.Handle = m.Src, m.ReplyTo
	return m.Router.route(out, u)
}
