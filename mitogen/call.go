package mitogen

import (
	"context"
	"errors"
	"slices"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// Call is a function call in another context. The data of CALL_FUNCTION is the
// array [chain, function, arguments, keywords], the keywords an array of names
// and values in turn.
type Call struct {
	// Chain names the CallChain that it belongs to, "" for none.
	Chain string
	// Func is the function: a *value.Func, a value.Porter that becomes one, or text
	// that names one ("lib/db.lua:backup").
	Func   value.Value
	Args   []value.Value
	Kwargs []value.Field

	// From is the message by which it came; nil at the caller.
	From *Message
	// Names is how errors name places in the result. The Dispatcher may set it.
	Names CallNames
}

// CallNames is how errors name places in values; FirstIndex is that of the first
// item of a list (Lua counts from 1).
type CallNames struct{ FirstIndex int }

// smallCall is the length of a call with little in it, in bytes.
const smallCall = 128

// EncodeCall encodes call for target. What cannot travel is an Error that names
// its place, and nothing is sent. The result is sent with Context.Start.
func (c *Context) EncodeCall(call *Call, names CallNames) (*EncodedCall, error) {
	if c.id == c.router.id {
		return nil, errorf("cannot call a function in the context that runs this one")
	}
	m := newMessage(smallCall)
	enc := codec.Encoder{FirstIndex: names.FirstIndex, Max: int(c.router.MaxMessageSize()), NoFuncs: !c.Obeys()}
	enc.Buf = m.Data
	enc.Array(4)
	var chain value.Value
	if call.Chain != "" {
		chain = call.Chain
	}
	if err := enc.Value("", chain); err != nil {
		return nil, err
	}
	if err := c.encodeFunc(&enc, call.Func); err != nil {
		return nil, err
	}
	if err := enc.Value("args", value.List(call.Args)); err != nil {
		return nil, err
	}
	enc.Array(2 * len(call.Kwargs))
	for _, kw := range call.Kwargs {
		if err := enc.Value("", kw.Name); err != nil {
			return nil, err
		}
		if err := enc.Value(`kwargs["`+kw.Name+`"]`, kw.Value); err != nil {
			return nil, err
		}
	}
	m.Handle, m.Data, m.funcs = wire.CallFunction, enc.Buf, enc.Funcs
	e := &EncodedCall{target: c, message: m, lent: lentBy(&enc)}
	if c.router.observer != nil && call.Func != nil {
		e.name = funcName(call.Func)
	}
	return e, nil
}

// encodeFunc lets the function itself through where functions as arguments are
// refused: it is the callee that refuses a call from below.
func (c *Context) encodeFunc(enc *codec.Encoder, fn value.Value) error {
	refuse := enc.NoFuncs
	enc.NoFuncs = false
	defer func() { enc.NoFuncs = refuse }()
	return enc.Value("", fn)
}

// Obeys reports whether functions may be sent to the context: it is under this
// one, or this one acts for its parent and the context is not above that.
func (c *Context) Obeys() bool {
	r := c.router
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.routes[c.id]; ok {
		return true
	}
	return r.deputy && !slices.Contains(r.parentIDs[1:], c.id)
}

// EncodedCall is a call that is ready to be sent, once.
type EncodedCall struct {
	target  *Context
	message *Message // nil once it was sent
	lent    []uint32 // contexts that it may use
	name    string   // of the function, for the router's observer; "" without one
}

// take gives the message, which whoever sends it gives up behind that.
func (e *EncodedCall) take() (*Message, error) {
	m := e.message
	if m == nil {
		return nil, errorf("the call has been sent")
	}
	e.message = nil
	return m, nil
}

// Do sends the call and waits for its result. A function that failed is a
// CallError, a context that went a ChannelError. When ctx ends first, the remote
// function is cancelled.
func (e *EncodedCall) Do(ctx context.Context) (value.Value, error) {
	if ended := e.began(); ended != nil {
		v, err := e.do(ctx)
		ended(err, 0)
		return v, err
	}
	return e.do(ctx)
}

func (e *EncodedCall) do(ctx context.Context) (value.Value, error) {
	m, err := e.take()
	if err != nil {
		return nil, err
	}
	reply, err := e.target.await(ctx, m, e.lent...)
	handle := m.ReplyTo
	m.free(e.target.router)
	if err != nil {
		e.target.cancelCall(handle)
		return nil, e.target.named(err)
	}
	v, err := reply.Decode()
	return v, e.target.named(err)
}

// named says in the error of a channel that it is the context's.
func (c *Context) named(err error) error {
	if c == nil || err == nil {
		return err
	}
	var e *value.Error
	if !errors.As(err, &e) || e.Context != "" || !e.IsA(value.KindChannel) {
		return err
	}
	about := *e
	about.Context = c.name
	return &about
}

// Start sends the call and returns a Receiver of its result.
func (e *EncodedCall) Start() (*Receiver, error) {
	m, err := e.take()
	if err != nil {
		return nil, err
	}
	ended := e.began()
	rv, err := newReceiver(e.target.router, ReceiverOptions{Respondent: e.target, Once: true, call: e.target, lent: e.lent, ended: ended})
	if err != nil {
		if ended != nil {
			ended(err, 0)
		}
		return nil, err
	}
	m.ReplyTo = rv.Handle()
	err = e.target.sendUntil(nil, m, gathers)
	m.free(e.target.router)
	if err != nil {
		rv.Close()
		return nil, err
	}
	return rv, nil
}

// NoReply sends the call; a failure is logged by the context called.
func (e *EncodedCall) NoReply() error {
	m, err := e.take()
	if err != nil {
		return err
	}
	ended := e.began()
	err = e.target.sendUntil(nil, m, gathers)
	m.free(e.target.router)
	if ended != nil {
		ended(err, 0)
	}
	return err
}

// cancelCall asks the context to stop the call that would answer to handle. The
// data of CANCEL is that handle.
func (c *Context) cancelCall(handle uint32) {
	if handle == 0 {
		return
	}
	m, err := NewMessage(int64(handle))
	if err != nil {
		return
	}
	m.Handle = wire.Cancel
	_ = c.tell(m) // a context that is gone runs nothing
}

// Call runs fn (text that names it, a *value.Func, or a value.Porter that becomes
// one) in the context and returns its result.
func (c *Context) Call(ctx context.Context, fn value.Value, args ...value.Value) (value.Value, error) {
	e, err := c.EncodeCall(&Call{Func: fn, Args: args}, CallNames{})
	if err != nil {
		return nil, err
	}
	return e.Do(ctx)
}

// DecodeCall reads the call in m. Functions among the arguments need the
// authority that calling needs.
func DecodeCall(m *Message) (*Call, error) {
	call := &Call{From: m}
	return call, call.decode(codec.NewDecoder(m.Data, m.limits()))
}

func (call *Call) decode(d *codec.Decoder) error {
	if n, err := d.Array(); err != nil || n != 4 {
		return errorf("malformed call")
	}
	chain, err := d.Value()
	if err != nil {
		return err
	}
	call.Chain, _ = chain.(string)
	if call.Func, err = d.Value(); err != nil {
		return err
	}
	args, err := d.Value()
	if err != nil {
		return err
	}
	list, ok := args.(value.List)
	if !ok {
		return errorf("malformed call: arguments are a %s", value.TypeName(args))
	}
	call.Args = list
	if err := call.decodeKwargs(d); err != nil {
		return err
	}
	return d.Done()
}

func (call *Call) decodeKwargs(d *codec.Decoder) error {
	n, err := d.Array()
	if err != nil || n%2 != 0 {
		return errorf("malformed call: bad keywords")
	}
	for range n / 2 {
		name, err := d.Value()
		if err != nil {
			return err
		}
		text, ok := name.(string)
		if !ok {
			return errorf("malformed call: a keyword is a %s", value.TypeName(name))
		}
		v, err := d.Value()
		if err != nil {
			return err
		}
		call.Kwargs = append(call.Kwargs, value.Field{Name: text, Value: v})
	}
	return nil
}
