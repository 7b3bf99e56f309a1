package mito

import (
	"context"
	"errors"
	"fmt"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// sourced is an object that a Select can wait for.
type sourced interface {
	interp.Object
	source() mitogen.Source
}

// receiverObject is a Receiver.
type receiverObject struct {
	rt *Runtime
	rv *mitogen.Receiver
	notifier
}

func (o *receiverObject) TypeName() string { return "Receiver" }
func (o *receiverObject) Attr(name string) (value.Value, bool) {
	return o.rt.classes.receiver.get(o, name)
}
func (o *receiverObject) AttrNames() []string    { return o.rt.classes.receiver.names() }
func (o *receiverObject) source() mitogen.Source { return o.rv }
func (o *receiverObject) Key() any               { return o.rv }
func (o *receiverObject) Show() string           { return fmt.Sprintf("Receiver(%d)", o.rv.Handle()) }

// SetAttr sets notify.
func (o *receiverObject) SetAttr(_ context.Context, name string, v value.Value) error {
	return o.rt.classes.receiver.set(o, name, v)
}

// Next serves iteration, which ends at any ChannelError.
func (o *receiverObject) Next(ctx context.Context) (value.Value, bool, error) {
	m, err := o.rv.Get(ctx)
	switch {
	case err == nil:
		return o.rt.message(m), true, nil
	case errors.Is(err, value.KindChannel):
		return nil, false, nil
	}
	return nil, false, err
}

// notifier is the notify attribute of a source. It is guarded by the script lock.
type notifier struct{ fn value.Value }

// setNotify makes fn, a function or None, called with self after each item.
func (n *notifier) setNotify(rt *Runtime, src interface{ SetNotify(func()) error }, self interp.Object, fn value.Value) error {
	if fn == nil {
		n.fn = nil
		return src.SetNotify(nil)
	}
	call, ok := fn.(interp.Callable)
	if !ok {
		return value.Errorf(value.KindError, "notify: want a function, got %s", value.TypeName(fn))
	}
	queue := &serial{rt: rt}
	if err := src.SetNotify(func() { queue.call("notify function", call, self) }); err != nil {
		return err
	}
	n.fn = fn
	return nil
}

func handleParam() interp.Param {
	return interp.Param{Name: "handle", Doc: "The number wanted; None for one given out by the router."}
}

func acceptParams() []interp.Param {
	return []interp.Param{
		{Name: "persist", Doc: "False ends it after one message.", Default: true},
		{Name: "respondent", Doc: "The only Context whose messages are accepted; when it is gone, that is told."},
	}
}

func policyParam() interp.Param {
	return interp.Param{Name: "policy", Doc: "Who may send to it: \"any\", \"parent\" (this context and those above it), or a function of the message that returns a bool."}
}

func (rt *Runtime) receiverModule() *interp.Module {
	params := append([]interp.Param{{Name: "router", Doc: "The Router to listen at.", Required: true}, handleParam()}, acceptParams()...)
	params = append(params, interp.Param{Name: "window", Doc: "Bytes that may be unread in all before senders wait; None for no bound."}, policyParam())
	return &interp.Module{Name: "Receiver", Doc: "A queue of the messages to a handle.", Call: &interp.Func{
		Name: "Receiver", Doc: "Makes a queue of the messages to a handle.", Params: params, NoTarget: noTarget,
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) { return rt.newReceiver(a) },
	}}
}

// noTarget is why constructors cannot be called in another context.
const noTarget = "its result is bound to its process"

func (rt *Runtime) newReceiver(a *interp.Args) (value.Value, error) {
	ro, err := routerArg(a)
	if err != nil {
		return nil, err
	}
	opts, err := rt.accepting(a, ro)
	if err != nil {
		return nil, err
	}
	if opts.Window, err = a.Int("window"); err != nil {
		return nil, err
	}
	if opts.Window < 0 {
		return nil, a.Errorf("argument window: %d bytes are no window", opts.Window)
	}
	rv, err := mitogen.NewReceiver(ro.r, opts)
	if err != nil {
		return nil, err
	}
	return rt.view(rv), nil
}

// accepting reads handle, persist, respondent and policy.
func (rt *Runtime) accepting(a *interp.Args, ro *routerObject) (opts mitogen.ReceiverOptions, err error) {
	if opts.Handle, err = number(a, "handle"); err != nil {
		return opts, err
	}
	persist, err := a.Bool("persist")
	if err != nil {
		return opts, err
	}
	respondent, err := contextArg(a, "respondent", ro.r)
	if err != nil {
		return opts, err
	}
	if respondent != nil {
		opts.Respondent = respondent.c
	}
	opts.Once = !persist
	opts.Policy, opts.Gate, err = rt.policy(a)
	return opts, err
}

// number reads a context id or handle; None is 0.
func number(a *interp.Args, name string) (uint32, error) {
	n, err := a.Int(name)
	if err == nil && (n < 0 || n > 1<<32-1) {
		err = a.Errorf("argument %s: %d is out of range", name, n)
	}
	return uint32(n), err
}

func routerArg(a *interp.Args) (*routerObject, error) {
	ro, ok := a.Value("router").(*routerObject)
	if !ok {
		return nil, a.Errorf("argument router: want Router, got %s", value.TypeName(a.Value("router")))
	}
	return ro, nil
}

func receiverClass() *class[*receiverObject] {
	type self = *receiverObject
	return &class[self]{
		name: "Receiver",
		attrs: []attr[self]{
			{name: "handle", get: func(o self) value.Value { return int64(o.rv.Handle()) }},
			{name: "context", get: func(o self) value.Value { return o.rt.Context(o.rv.Context()) }},
			{name: "error", get: func(o self) value.Value { return errorValue(o.rv.Err()) }},
			{name: "notify", get: func(o self) value.Value { return o.fn },
				set: func(o self, fn value.Value) error { return o.setNotify(o.rt, o.rv, o.rt.view(o.rv), fn) }},
		},
		methods: []method[self]{
			{interp.Func{Name: "get", Doc: "Waits for a message.", Params: waiting()},
				func(ctx context.Context, o self, a *interp.Args) (value.Value, error) {
					m, err := o.wait(ctx, a)
					if err != nil {
						return nil, err
					}
					return o.rt.message(m), nil
				}},
			{interp.Func{Name: "get_data", Doc: "Waits for a message and returns its value; an error in it is raised.", Params: waiting(), Spread: true},
				func(ctx context.Context, o self, a *interp.Args) (value.Value, error) {
					m, err := o.wait(ctx, a)
					if err != nil {
						return nil, err
					}
					return m.Decode()
				}},
			{interp.Func{Name: "empty", Doc: "Reports whether get would wait."},
				func(_ context.Context, o self, _ *interp.Args) (value.Value, error) { return o.rv.Len() == 0, nil }},
			{interp.Func{Name: "size", Doc: "Returns the number of messages that wait."},
				func(_ context.Context, o self, _ *interp.Args) (value.Value, error) { return int64(o.rv.Len()), nil }},
			{interp.Func{Name: "close", Doc: "Stops listening; what is buffered can still be taken."},
				func(_ context.Context, o self, _ *interp.Args) (value.Value, error) { o.rv.Close(); return nil, nil }},
			{interp.Func{Name: "cancel", Doc: "Stops the call, the set-up or the function whose result it waits for."},
				func(_ context.Context, o self, a *interp.Args) (value.Value, error) {
					a.Unlocked(o.rv.Cancel)
					return nil, nil
				}},
			{interp.Func{Name: "to_sender", Doc: "Returns a Sender to it, which may be sent to any context."},
				func(_ context.Context, o self, _ *interp.Args) (value.Value, error) {
					return &senderObject{rt: o.rt, s: o.rv.ToSender()}, nil
				}},
		},
	}
}

func (o *receiverObject) wait(ctx context.Context, a *interp.Args) (*mitogen.Message, error) {
	return waitFor(ctx, a, "Receiver."+a.Func.Name, o.rv.Get, o.rv.TryGet)
}

// errorValue is err as scripts see it; nil is None.
func errorValue(err error) value.Value {
	if err == nil {
		return nil
	}
	return value.AsError(err)
}
