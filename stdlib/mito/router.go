package mito

import (
	"context"
	"errors"
	"fmt"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// routerObject is a Router. Its fields but the first three are guarded by the
// script lock.
type routerObject struct {
	rt        *Runtime
	r         *mitogen.Router
	connector Connector

	profiling, debug bool // of later children
}

func (o *routerObject) TypeName() string                     { return "Router" }
func (o *routerObject) Attr(name string) (value.Value, bool) { return o.rt.classes.router.get(o, name) }
func (o *routerObject) AttrNames() []string                  { return o.rt.classes.router.names() }
func (o *routerObject) Show() string                         { return fmt.Sprintf("Router(%d)", o.r.ID()) }

// SetAttr sets the limits and switches.
func (o *routerObject) SetAttr(_ context.Context, name string, v value.Value) error {
	return o.rt.classes.router.set(o, name, v)
}

func boolValue(what string, v value.Value) (bool, error) {
	b, ok := v.(bool)
	if !ok {
		return false, value.Errorf(value.KindError, "%s: want bool, got %s", what, value.TypeName(v))
	}
	return b, nil
}

func routerClass() *class[*routerObject] {
	type self = *routerObject
	c := &class[self]{
		name: "Router",
		attrs: []attr[self]{
			{"broker", func(o self) value.Value { return o.rt.broker(o.r.Broker()) }, nil},
			{"profiling", func(o self) value.Value { return o.profiling },
				func(o self, v value.Value) error {
					on, err := boolValue("Router.profiling", v)
					if err != nil {
						return err
					}
					return o.setProfiling(on)
				}},
			{"unidirectional", func(o self) value.Value { return o.r.Unidirectional() },
				func(o self, v value.Value) error {
					on, err := boolValue("Router.unidirectional", v)
					if err == nil {
						o.r.SetUnidirectional(on)
					}
					return err
				}},
			{"max_message_size", func(o self) value.Value { return int64(o.r.MaxMessageSize()) },
				func(o self, v value.Value) error {
					n, err := handleValue("Router.max_message_size", v)
					if err == nil {
						o.r.SetMaxMessageSize(n)
					}
					return err
				}},
			{"max_starts", (*routerObject).maxStarts, (*routerObject).setMaxStarts},
		},
		methods: routerMethods(),
	}
	c.methods = append(c.methods, factories()...)
	c.methods = append(c.methods, unixMethods()...)
	return c
}

func (o *routerObject) maxStarts() value.Value {
	if l, ok := o.connector.(StartLimiter); ok {
		return int64(l.MaxStarts())
	}
	return nil
}

func (o *routerObject) setMaxStarts(v value.Value) error {
	n, err := handleValue("Router.max_starts", v)
	if err != nil {
		return err
	}
	l, ok := o.connector.(StartLimiter)
	if !ok || n == 0 {
		return value.Errorf(value.KindError, "Router.max_starts: cannot be set to %d here", n)
	}
	l.SetMaxStarts(int(n))
	return nil
}

func routerMethods() []method[*routerObject] {
	type self = *routerObject
	idParam := func(name, doc string) interp.Param { return interp.Param{Name: name, Doc: doc, Required: true} }
	handler := append([]interp.Param{{Name: "fn", Doc: "Called with each message.", Required: true}, handleParam()}, acceptParams()...)
	return []method[self]{
		{interp.Func{Name: "add_handler", Doc: "Calls a function for each message to a handle, which is returned.",
			Params: append(handler, policyParam())}, routerAddHandler},
		{interp.Func{Name: "del_handler", Doc: "Ends a handler.", Params: []interp.Param{idParam("handle", "Its number.")}},
			func(_ context.Context, o self, a *interp.Args) (value.Value, error) {
				n, err := number(a, "handle")
				if err != nil {
					return nil, err
				}
				return done(o.r.DelHandler(n))
			}},
		{interp.Func{Name: "route", Doc: "Sends a message to its dst_id.", Params: []interp.Param{messageParam()}}, routerRoute},
		{interp.Func{Name: "add_route", Doc: "Sends messages to a context by the link of another.",
			Params: []interp.Param{idParam("target_id", "The id of the context."), idParam("via_id", "The id of a direct child.")}},
			func(_ context.Context, o self, a *interp.Args) (value.Value, error) {
				target, err := number(a, "target_id")
				if err != nil {
					return nil, err
				}
				via, err := number(a, "via_id")
				if err != nil {
					return nil, err
				}
				return done(o.r.AddRoute(target, via))
			}},
		{interp.Func{Name: "allocate_id", Doc: "Returns a context id that is new in the tree.", Blocking: true},
			func(ctx context.Context, o self, _ *interp.Args) (value.Value, error) {
				id, err := o.r.AllocateID(ctx)
				return int64(id), err
			}},
		{interp.Func{Name: "myself", Doc: "Returns the Context of this process."},
			func(_ context.Context, o self, _ *interp.Args) (value.Value, error) {
				return o.rt.Context(o.r.Myself()), nil
			}},
		{interp.Func{Name: "context_by_id", Doc: "Returns the Context with an id, whether it is known or not.",
			Params: []interp.Param{idParam("context_id", "Its id."), {Name: "via_id", Doc: "The id of the context that made it."}}}, routerContextByID},
		{interp.Func{Name: "stream_by_id", Doc: "Returns the Stream by which a context is reached; None if there is none.",
			Params: []interp.Param{idParam("dst_id", "The id of the context.")}}, routerStreamByID},
		{interp.Func{Name: "contexts", Doc: "Returns the Contexts below this one, by id."},
			func(_ context.Context, o self, _ *interp.Args) (value.Value, error) {
				out := value.List{}
				for _, c := range o.r.Contexts() {
					out = append(out, o.rt.Context(c))
				}
				return out, nil
			}},
		{interp.Func{Name: "enable_debug", Doc: "Makes this process and its later descendants write debug logs."}, routerEnableDebug},
		{interp.Func{Name: "shutdown", Doc: "Begins the orderly end of all that the router's broker owns."},
			func(_ context.Context, o self, _ *interp.Args) (value.Value, error) {
				o.r.Broker().Shutdown()
				return nil, nil
			}},
	}
}

func routerAddHandler(_ context.Context, o *routerObject, a *interp.Args) (value.Value, error) {
	fn, ok, err := a.Callable("fn")
	if err != nil || !ok {
		return nil, a.Errorf("argument fn: want a function, got %s", value.TypeName(a.Value("fn")))
	}
	opts, err := o.rt.accepting(a, o)
	if err != nil {
		return nil, err
	}
	queue := &serial{rt: o.rt}
	handle := func(m *mitogen.Message) {
		if m.Hold() {
			queue.do(func() {
				o.rt.handle(fn, m)
				m.Release()
			})
		}
	}
	h := mitogen.Handler{Func: handle, Handle: opts.Handle, Once: opts.Once, Respondent: opts.Respondent, Policy: opts.Policy, Lasting: true}
	if gate := opts.Gate; gate != nil {
		h.Once = false
		h.Func = func(m *mitogen.Message) {
			gate(m, func() {
				if opts.Once && !m.IsDead() && o.r.DelHandler(m.Handle) != nil {
					m.Release()
					return
				}
				handle(m)
			})
		}
	}
	n, err := o.r.AddHandler(h)
	return int64(n), err
}

// handle gives m to the function of a handler.
func (rt *Runtime) handle(fn interp.Callable, m *mitogen.Message) {
	_, err := rt.run(fn, rt.message(m))
	if m.IsDead() && errors.Is(err, value.KindChannel) {
		return // it looked for a value in the message, and so knows of the end
	}
	rt.logFailure("a handler", err)
}

func routerRoute(_ context.Context, o *routerObject, a *interp.Args) (value.Value, error) {
	m, ok := a.Value("msg").(*messageObject)
	if !ok {
		return nil, a.Errorf("argument msg: want Message, got %s", value.TypeName(a.Value("msg")))
	}
	if !m.hasDst {
		return nil, a.Errorf("the message has no dst_id")
	}
	out := m.copy()
	var err error
	a.Unlocked(func() { err = o.r.Route(out) })
	return done(err)
}

func routerContextByID(_ context.Context, o *routerObject, a *interp.Args) (value.Value, error) {
	id, err := number(a, "context_id")
	if err != nil {
		return nil, err
	}
	via, err := number(a, "via_id")
	if err != nil {
		return nil, err
	}
	c := o.r.ContextByID(id, "")
	if a.Value("via_id") != nil && c.Via == nil {
		c.Via = o.r.ContextByID(via, "")
	}
	return o.rt.Context(c), nil
}

func routerStreamByID(_ context.Context, o *routerObject, a *interp.Args) (value.Value, error) {
	id, err := number(a, "dst_id")
	if err != nil {
		return nil, err
	}
	if s := o.r.StreamByID(id); s != nil {
		return &streamObject{o.rt, s}, nil
	}
	return nil, nil
}

// setProfiling is for later children, and for this process from now on.
func (o *routerObject) setProfiling(on bool) error {
	o.profiling = on
	if !on || o.rt.opts.StartProfile == nil {
		return nil
	}
	return o.rt.opts.StartProfile()
}

func routerEnableDebug(_ context.Context, o *routerObject, a *interp.Args) (value.Value, error) {
	o.debug = true
	if o.rt.opts.EnableDebug == nil {
		return nil, nil
	}
	return done(o.rt.opts.EnableDebug())
}

// streamObject is a Stream: the link to a neighbour.
type streamObject struct {
	rt *Runtime
	s  *mitogen.Stream
}

func (o *streamObject) TypeName() string                     { return "Stream" }
func (o *streamObject) Attr(name string) (value.Value, bool) { return o.rt.classes.stream.get(o, name) }
func (o *streamObject) AttrNames() []string                  { return o.rt.classes.stream.names() }
func (o *streamObject) Key() any                             { return o.s }

func streamClass() *class[*streamObject] {
	return &class[*streamObject]{name: "Stream", attrs: []attr[*streamObject]{
		{name: "name", get: func(o *streamObject) value.Value { return o.s.Name() }},
		{name: "remote_id", get: func(o *streamObject) value.Value { return int64(o.s.RemoteID()) }},
	}}
}
