package mito

import (
	"context"
	"fmt"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// contextObject is a Context, or a view of one whose calls have a deadline.
type contextObject struct {
	rt      *Runtime
	c       *mitogen.Context
	limit   time.Duration // of each call, if limited
	limited bool
}

func (o *contextObject) TypeName() string { return "Context" }
func (o *contextObject) Attr(name string) (value.Value, bool) {
	return o.rt.classes.context.get(o, name)
}
func (o *contextObject) AttrNames() []string { return o.rt.classes.context.names() }
func (o *contextObject) Show() string        { return fmt.Sprintf("Context(%d, %q)", o.c.ID(), o.c.Name()) }

// Port is how it travels, within its own tree.
func (o *contextObject) Port() (value.Value, error) {
	if err := o.rt.mayTravel(o.c, "context "+o.c.Name()); err != nil {
		return nil, err
	}
	return o.c.Port()
}

// Key makes contexts equal by router and id. A view is not its context: a language
// may keep one object for one key.
func (o *contextObject) Key() any {
	if !o.limited {
		return o.c.Key()
	}
	return struct {
		c     any
		limit time.Duration
	}{o.c.Key(), o.limit}
}

func fnParam() interp.Param {
	return interp.Param{Name: "fn", Required: true,
		Doc: "A function, or the text \"path:function\" that names one of a library module."}
}

// callFunc describes the functions that call fn with all their further arguments.
func callFunc(name, doc string) interp.Func {
	return interp.Func{Name: name, Doc: doc, Params: []interp.Param{fnParam()},
		Rest: "args", Keywords: "kwargs", HandsOn: true}
}

func messageParam() interp.Param {
	return interp.Param{Name: "msg", Required: true, Doc: "The Message."}
}

func contextClass() *class[*contextObject] {
	type self = *contextObject
	c := &class[self]{
		name: "Context",
		attrs: []attr[self]{
			{name: "context_id", get: func(o self) value.Value { return int64(o.c.ID()) }},
			{name: "name", get: func(o self) value.Value { return o.c.Name() }},
			{name: "via", get: func(o self) value.Value { return o.rt.Context(o.c.Via) }},
			{name: "router", get: func(o self) value.Value { return o.rt.router(o.c.Router()) }},
		},
		methods: append(callMethods(func(o self) (*contextObject, string) { return o, "" }), []method[self]{
			{interp.Func{Name: "options", Doc: "Returns a view of the context whose calls have a deadline.",
				Params: []interp.Param{{Name: "timeout", Doc: "Seconds from sending until the call is cancelled; None for no deadline."}}}, contextOptions},
			{interp.Func{Name: "call_chain", Doc: "Returns a CallChain: calls of which none runs after one has failed.",
				Params: []interp.Param{{Name: "pipelined", Doc: "False makes the calls independent.", Default: true}}}, contextChain},
			{interp.Func{Name: "send", Doc: "Sends a message to the context.", Params: []interp.Param{messageParam()}}, contextSend},
			{interp.Func{Name: "send_async", Doc: "Sends a message and returns a Receiver of what is answered.",
				Params: []interp.Param{messageParam(), {Name: "persist", Doc: "Accept more than one answer.", Default: false}}}, contextSendAsync},
			{interp.Func{Name: "send_await", Doc: "Sends a message and returns the value that is answered.", Spread: true,
				Params: []interp.Param{messageParam(), {Name: "deadline", Doc: "Seconds; None to wait without end."}}}, contextSendAwait},
			{interp.Func{Name: "shutdown", Doc: "Ends the context in order; one that hangs is killed after the broker's shutdown_timeout.",
				Params: []interp.Param{{Name: "wait", Doc: "Return when it is gone.", Default: false}}, Blocking: true}, contextShutdown},
		}...),
	}
	c.methods = append(c.methods, copyMethods()...)
	return c
}

// contextArg returns the Context in an argument; nil for None.
func contextArg(a *interp.Args, name string, r *mitogen.Router) (*contextObject, error) {
	switch c := a.Value(name).(type) {
	case nil:
		return nil, nil
	case *contextObject:
		if r != nil && c.c.Router() != r {
			return nil, a.Errorf("argument %s: context %s belongs to another router", name, c.c.Name())
		}
		return c, nil
	}
	return nil, a.Errorf("argument %s: want Context, got %s", name, value.TypeName(a.Value(name)))
}

func contextOptions(_ context.Context, o *contextObject, a *interp.Args) (value.Value, error) {
	limit, limited, err := a.Timeout("timeout")
	if err != nil {
		return nil, err
	}
	return &contextObject{rt: o.rt, c: o.c, limit: limit, limited: limited}, nil
}

// frame gives the message in an argument as one to send.
func frame(a *interp.Args, o *contextObject) (*mitogen.Message, error) {
	m, ok := a.Value("msg").(*messageObject)
	if !ok {
		return nil, a.Errorf("argument msg: want Message, got %s", value.TypeName(a.Value("msg")))
	}
	m.m.Dst, m.hasDst = o.c.ID(), true
	return m.copy(), nil
}

func contextSend(_ context.Context, o *contextObject, a *interp.Args) (value.Value, error) {
	m, err := frame(a, o)
	if err == nil {
		a.Unlocked(func() { err = o.c.Send(m) })
	}
	return done(err)
}

func contextSendAsync(_ context.Context, o *contextObject, a *interp.Args) (value.Value, error) {
	m, err := frame(a, o)
	if err != nil {
		return nil, err
	}
	persist, err := a.Bool("persist")
	if err != nil {
		return nil, err
	}
	var rv *mitogen.Receiver
	a.Unlocked(func() { rv, err = o.c.SendAsync(m, persist) })
	if err != nil {
		return nil, err
	}
	return o.rt.view(rv), nil
}

func contextSendAwait(ctx context.Context, o *contextObject, a *interp.Args) (value.Value, error) {
	m, err := frame(a, o)
	if err != nil {
		return nil, err
	}
	limit, limited, err := a.Timeout("deadline")
	if err != nil {
		return nil, err
	}
	var v value.Value
	a.Unlocked(func() {
		if limited {
			var cancel context.CancelFunc
			ctx, cancel = mitogen.Timeout(ctx, limit, "the answer of context "+o.c.Name())
			defer cancel()
		}
		v, err = o.c.SendAwait(ctx, m)
	})
	return v, err
}

func contextShutdown(ctx context.Context, o *contextObject, a *interp.Args) (value.Value, error) {
	wait, err := a.Bool("wait")
	if err != nil {
		return nil, err
	}
	conn := o.rt.router(o.c.Router()).connector
	if conn == nil {
		return nil, a.Errorf("this process cannot end contexts")
	}
	return done(conn.Shutdown(ctx, o.c, wait))
}
