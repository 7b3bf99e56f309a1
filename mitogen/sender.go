package mitogen

import (
	"context"
	"runtime"
	"sync"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

const deadReplyTo = wire.IsDead

// Sender is the right to send to a handle of a context. It may be sent itself.
type Sender struct {
	context *Context
	handle  uint32
	window  int64 // that its Receiver had when it was made; 0 for none
	told    bool  // the window is known

	mu       sync.Mutex
	feedback *feedback // nil until something is put
}

// NewSender returns a Sender to handle of c.
func NewSender(c *Context, handle uint32) *Sender { return &Sender{context: c, handle: handle} }

// Context is where it sends to.
func (s *Sender) Context() *Context { return s.context }

// Handle is the number that it sends to.
func (s *Sender) Handle() uint32 { return s.handle }

// Port makes a Sender a value that travels.
func (s *Sender) Port() (value.Value, error) {
	return value.SenderRef{Context: s.context.id, Handle: s.handle, Window: s.knownWindow()}, nil
}

func (s *Sender) knownWindow() int64 {
	s.mu.Lock()
	fb := s.feedback
	s.mu.Unlock()
	if fb == nil {
		return s.window
	}
	fb.mu.Lock()
	defer fb.mu.Unlock()
	return fb.window
}

// Key makes senders to one place equal.
func (s *Sender) Key() any {
	return struct {
		c any
		h uint32
	}{s.context.Key(), s.handle}
}

// Encode encodes v for Put, on the goroutine that may touch it.
func (s *Sender) Encode(v value.Value, names CallNames) (*Message, error) {
	m, err := encodeBulk(&codec.Encoder{FirstIndex: names.FirstIndex, Max: int(s.context.router.MaxMessageSize()), NoFuncs: !s.context.Obeys()}, v)
	if err != nil {
		return nil, err
	}
	m.Handle = s.handle
	return m, nil
}

// Put sends v. While the Receiver has a window and is full it waits; the end of ctx
// is then a TimeoutError or CancelledError. Once it is known that nobody receives it
// is a ChannelError: at once in this process and for who waits, for a far Receiver
// without a window after a message that was lost.
func (s *Sender) Put(ctx context.Context, v value.Value) error {
	m, err := s.Encode(v, CallNames{})
	if err != nil {
		return err
	}
	return s.Send(ctx, m)
}

// Send is Put of what Encode returned, on any goroutine.
func (s *Sender) Send(ctx context.Context, m *Message) error {
	defer runtime.KeepAlive(s) // the feedback lives as long as it
	fb, err := s.listen()
	if err != nil {
		return err
	}
	if gone := fb.gone.Load(); gone != nil {
		return gone
	}
	giveBack, err := s.acquire(ctx, fb, creditSize(m))
	if err != nil {
		return err
	}
	m.ReplyTo = fb.handle
	if err := s.context.sendUntil(nil, m, gathers); err != nil {
		giveBack()
		return err
	}
	if gone := fb.gone.Load(); gone != nil {
		return gone
	}
	return nil
}

// listen makes the handler of the feedback, which lives as long as the Sender.
func (s *Sender) listen() (*feedback, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.feedback != nil {
		return s.feedback, nil
	}
	fb := &feedback{dead: make(chan struct{}), window: s.window, told: s.told}
	handle, err := s.context.router.AddHandler(Handler{Respondent: s.context, feedback: fb, Func: func(m *Message) {
		if m.IsDead() {
			fb.lost(deadError(string(m.Data)))
		}
	}})
	if err != nil {
		return nil, err
	}
	fb.handle = handle
	s.feedback = fb
	router := s.context.router
	runtime.AddCleanup(s, func(handle uint32) { _ = router.DelHandler(handle) }, handle)
	return fb, nil
}

// Close ends the Receiver at the other end, behind what was sent.
func (s *Sender) Close() error {
	return s.context.Send(&Message{Frame: wire.Frame{
		Handle: s.handle, ReplyTo: wire.IsDead, Data: []byte(reasonSenderClosed),
	}})
}
