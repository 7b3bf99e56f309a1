package mitogen

import (
	"context"
	"sync/atomic"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// ReceiverOptions say what a Receiver accepts.
type ReceiverOptions struct {
	// Handle is the number wanted, 0 for one given out by the router.
	Handle uint32
	// Once takes one message only.
	Once bool
	// Respondent is the only context whose messages are accepted.
	Respondent *Context
	// Policy may refuse messages; nil accepts all.
	Policy Policy
	// Gate decides on each message in its own time: it calls pass to let the message
	// in, or Router.Refuse. It is called on a reader's goroutine and must return at
	// once. Messages should be decided on in their order; dead ones of this process
	// must pass.
	Gate func(m *Message, pass func())

	// Window is how many bytes of data may be unread before senders wait; 0 for no
	// bound. It may be passed by one message, and one that is larger passes when
	// nothing is unread. With Once it has no effect.
	Window int64

	call *Context // that runs the call whose result is awaited
	lent []uint32 // contexts that the call may use
	// ended is told what became of the call; nil for nobody.
	ended func(err error, bytes int64)
}

// Receiver is a queue of the messages to a handle, unbounded but for its Window.
type Receiver struct {
	source
	router *Router
	// handler is how it listens, and what is registered of it first
	handler handler
	queue   queue[*Message]
	call    *Context // that runs the call whose result it waits for
	gate    func(m *Message, pass func())
	flow    *flow                        // its window; nil without one
	cancel  func()                       // ends the local work whose result it waits for
	told    func(err error, bytes int64) // of what became of the call; nil for nobody

	// guarded by source.mu
	ended  *value.Error // why nothing comes any more; nil while open
	clean  bool         // it was an explicit close, here or there
	polled bool         // a Select was told of the end

	// beside these, as that takes 32 bytes less for each call
	once   bool
	handle atomic.Uint32
}

// NewReceiver returns a Receiver that listens. A handle that is taken is an Error.
func NewReceiver(r *Router, opts ReceiverOptions) (*Receiver, error) {
	rv, err := newReceiver(r, opts)
	if err != nil {
		return nil, err
	}
	why := ""
	select {
	case <-r.broker.closed:
		why = reasonBrokerExit
	default:
		if opts.Respondent != nil && opts.Respondent.hasLeft() {
			why = reasonDisconnected
		}
	}
	if why != "" {
		_ = r.DelHandler(rv.Handle()) // it may have been told meanwhile
		rv.finish(deadError(why), false, nil)
	}
	return rv, nil
}

// newReceiver is NewReceiver for one whose respondent will be sent a message,
// which is answered dead if it is gone.
func newReceiver(r *Router, opts ReceiverOptions) (*Receiver, error) {
	rv := &Receiver{router: r, once: opts.Once, gate: opts.Gate, call: opts.call, told: opts.ended}
	rv.handler.Handler = Handler{
		Func: rv.receive, Handle: opts.Handle, Once: opts.Once && opts.Gate == nil,
		Respondent: opts.Respondent, Policy: opts.Policy, receiver: rv, lent: opts.lent,
	}
	if rv.gate != nil {
		rv.handler.Func = rv.knock
	}
	if opts.Window < 0 {
		return nil, value.Errorf(value.KindValue, "a Receiver's window cannot be %d bytes", opts.Window)
	}
	if opts.Window > 0 && !opts.Once {
		rv.flow = newFlow(r, opts.Window)
		admitted := rv.handler.Func
		rv.handler.Func = func(m *Message) {
			if m.IsDead() || rv.flow.admit(m) {
				admitted(m)
			}
		}
	}
	return rv, rv.bind(&rv.handler)
}

func (rv *Receiver) bind(h *handler) error {
	handle, err := rv.router.register(h)
	if err == nil {
		rv.handle.Store(handle)
	}
	return err
}

// SetHandle makes it listen at another handle. One that is taken is an Error. Who
// waits for room to send to the old one hears that nobody receives there.
func (rv *Receiver) SetHandle(handle uint32) error {
	old := rv.Handle()
	if handle == old {
		return nil
	}
	if rv.flow != nil {
		rv.flow.come(handle)
	}
	again := rv.handler
	again.Handle = handle
	if err := rv.bind(&again); err != nil {
		return err
	}
	_ = rv.router.DelHandler(old) // it may have closed meanwhile
	if rv.flow != nil {
		rv.flow.leave(old)
	}
	return nil
}

// knock lets the gate decide. What a one-shot Receiver did not want leaves it open.
func (rv *Receiver) knock(m *Message) {
	rv.gate(m, func() {
		if !m.IsDead() && rv.once && rv.router.DelHandler(rv.Handle()) != nil {
			rv.router.refuse(m, reasonInvalidHandle)
			return
		}
		rv.receive(m)
	})
}

// Handle is the number that it listens at.
func (rv *Receiver) Handle() uint32 { return rv.handle.Load() }

// Router is the one that it belongs to.
func (rv *Receiver) Router() *Router { return rv.router }

// Context is the context that runs the call whose result it waits for, else nil.
func (rv *Receiver) Context() *Context { return rv.call }

// Len is the number of messages that wait.
func (rv *Receiver) Len() int { return rv.queue.len() }

// ToSender returns a Sender to this Receiver, which may be sent to any context.
func (rv *Receiver) ToSender() *Sender {
	s := NewSender(rv.router.Myself(), rv.Handle())
	s.told = true
	if rv.flow != nil {
		s.window = rv.flow.window
	}
	return s
}

// errGiven is the end of every one-shot Receiver: one for all, which nobody changes.
var errGiven = value.Errorf(value.KindChannel, "the Receiver has given its only message")

// receive runs on a reader's goroutine.
func (rv *Receiver) receive(m *Message) {
	switch {
	case m.IsDead():
		_ = rv.router.DelHandler(m.Handle)
		rv.finish(value.AsError(rv.call.named(deadError(string(m.Data)))), string(m.Data) == reasonSenderClosed, m)
	case rv.once:
		rv.finish(errGiven, true, m)
	case rv.flow != nil || m.Hold():
		if !rv.queue.put(m) {
			m.Release()
			return
		}
		rv.posted()
	}
}

// finish queues a last message, if there is one, and ends the queue behind it.
func (rv *Receiver) finish(why *value.Error, clean bool, last *Message) {
	if !rv.end(why, clean, last) {
		return
	}
	if rv.told != nil {
		rv.told(rv.failure(why, last), 0)
	}
	if rv.flow != nil {
		rv.flow.end(why.Message)
	}
	rv.posted()
}

// end does it at once, so that nobody sees the end before the last message.
func (rv *Receiver) end(why *value.Error, clean bool, last *Message) bool {
	rv.mu.Lock()
	defer rv.mu.Unlock()
	if rv.ended != nil {
		return false
	}
	rv.ended, rv.clean = why, clean
	rv.polled = last != nil
	if last != nil {
		rv.queue.put(last)
	}
	rv.queue.end(false)
	rv.queue.each((*Message).Release) // nothing more can come
	return true
}

// Get waits for a message. A closed Receiver, or one whose peer is gone, is a
// ChannelError once what was buffered is taken; the end of ctx is a TimeoutError
// or CancelledError.
func (rv *Receiver) Get(ctx context.Context) (*Message, error) {
	m, ok, err := rv.queue.get(ctx)
	if err != nil {
		return nil, waitError(err, "Receiver.get")
	}
	return rv.given(m, ok)
}

// TryGet is Get without waiting: nothing there is a TimeoutError.
func (rv *Receiver) TryGet() (*Message, error) {
	end := rv.End() // first: a last message comes together with the end
	m, ok := rv.queue.take()
	if !ok && end == nil {
		return nil, value.Errorf(value.KindTimeout, "Receiver.get: nothing is there")
	}
	return rv.given(m, ok)
}

func (rv *Receiver) given(m *Message, ok bool) (*Message, error) {
	if !ok {
		return nil, rv.End()
	}
	m.taken()
	if m.IsDead() {
		return nil, rv.call.named(deadError(string(m.Data)))
	}
	return m, nil
}

// GetValue is Get and Decode.
func (rv *Receiver) GetValue(ctx context.Context) (value.Value, error) {
	m, err := rv.Get(ctx)
	if err != nil {
		return nil, err
	}
	return m.Decode()
}

// End is why nothing comes any more; nil while the Receiver is open.
func (rv *Receiver) End() error {
	rv.mu.Lock()
	defer rv.mu.Unlock()
	if rv.ended == nil {
		return nil
	}
	return rv.ended
}

// Err is End, but nil after an explicit close, here or there.
func (rv *Receiver) Err() error {
	rv.mu.Lock()
	clean := rv.clean
	rv.mu.Unlock()
	if clean {
		return nil
	}
	return rv.End()
}

// Close stops listening. What is buffered can still be taken.
func (rv *Receiver) Close() {
	_ = rv.router.DelHandler(rv.Handle())
	rv.finish(value.Errorf(value.KindChannel, reasonReceiverEnd), true, nil)
}

// Cancel asks the context to stop the call whose result it waits for. The result
// is then a CancelledError.
func (rv *Receiver) Cancel() {
	what := "it"
	if rv.call != nil {
		what = "the call in context " + rv.call.name
	}
	rv.Abort(value.Errorf(value.KindCancelled, "%s was cancelled", what))
}

// Abort is Cancel with another reason than that. On a Receiver that waits for no
// call, or whose result is there, it does nothing.
func (rv *Receiver) Abort(why *value.Error) {
	if rv.call == nil && rv.cancel == nil || rv.router.DelHandler(rv.Handle()) != nil {
		return
	}
	if rv.cancel != nil {
		rv.cancel()
	} else {
		rv.call.cancelCall(rv.Handle())
	}
	rv.finish(why, false, nil)
}

func (rv *Receiver) poll() (Event, bool, bool) {
	end := rv.End()
	m, ok := rv.queue.take()
	if !ok {
		if end == nil || !rv.takeEnd() {
			return Event{}, false, false
		}
		m = &Message{Router: rv.router, why: value.AsError(end)}
		m.ReplyTo, m.Data = deadReplyTo, []byte(end.Error())
	}
	m.taken()
	m.Source = rv
	return Event{Source: rv, Data: m}, true, m.IsDead()
}

// takeEnd reports the end to a Select once.
func (rv *Receiver) takeEnd() bool {
	rv.mu.Lock()
	defer rv.mu.Unlock()
	if rv.polled {
		return false
	}
	rv.polled = true
	return true
}
