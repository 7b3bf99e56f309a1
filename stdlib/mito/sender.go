package mito

import (
	"context"
	"fmt"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// senderObject is a Sender.
type senderObject struct {
	rt *Runtime
	s  *mitogen.Sender
}

func (o *senderObject) TypeName() string                     { return "Sender" }
func (o *senderObject) Attr(name string) (value.Value, bool) { return o.rt.classes.sender.get(o, name) }
func (o *senderObject) AttrNames() []string                  { return o.rt.classes.sender.names() }
func (o *senderObject) Key() any                             { return o.s.Key() }

func (o *senderObject) Show() string {
	return fmt.Sprintf("Sender(%d, %d)", o.s.Context().ID(), o.s.Handle())
}

// Port is how it travels, within its own tree.
func (o *senderObject) Port() (value.Value, error) {
	if err := o.rt.mayTravel(o.s.Context(), "the Sender to context "+o.s.Context().Name()); err != nil {
		return nil, err
	}
	return o.s.Port()
}

// Put sends v, without the script lock: a Sender may stand in a callback's place.
func (o *senderObject) Put(ctx context.Context, v value.Value) error { return o.s.Put(ctx, v) }

// put encodes the argument data with the script lock held and sends it without.
func put(ctx context.Context, rt *Runtime, s *mitogen.Sender, a *interp.Args) error {
	restore := rt.sendingBy(s.Context().Router())
	m, err := s.Encode(a.Value("data"), names(a))
	restore()
	if err == nil {
		a.Unlocked(func() { err = s.Send(ctx, m) })
	}
	return err
}

// putFuncs describe put and its other name, send.
func putFuncs() [2]interp.Func {
	params := []interp.Param{{Name: "data", Doc: "Any value that travels.", Required: true}}
	return [2]interp.Func{
		{Name: "put", Doc: "Sends a value to the other end; waits while its window is full.", Params: params},
		{Name: "send", Doc: "Sends a value to the other end; waits while its window is full.", Params: params},
	}
}

func senderClass() *class[*senderObject] {
	type self = *senderObject
	c := &class[self]{
		name: "Sender",
		attrs: []attr[self]{
			{name: "context", get: func(o self) value.Value { return o.rt.Context(o.s.Context()) }},
			{name: "dst_handle", get: func(o self) value.Value { return int64(o.s.Handle()) }},
		},
		methods: []method[self]{
			{interp.Func{Name: "close", Doc: "Ends the Receiver at the other end, behind what was sent."},
				func(_ context.Context, o self, a *interp.Args) (value.Value, error) {
					var err error
					a.Unlocked(func() { err = o.s.Close() })
					return done(err)
				}},
		},
	}
	for _, f := range putFuncs() {
		c.methods = append(c.methods, method[self]{f, func(ctx context.Context, o self, a *interp.Args) (value.Value, error) {
			return done(put(ctx, o.rt, o.s, a))
		}})
	}
	return c
}

func (rt *Runtime) senderModule() *interp.Module {
	return &interp.Module{Name: "Sender", Doc: "The right to send to a handle of a context.", Call: &interp.Func{
		Name: "Sender", Doc: "Makes the right to send to a handle of a context.",
		Params: []interp.Param{
			{Name: "context", Doc: "The Context to send to.", Required: true},
			{Name: "dst_handle", Doc: "The number that the Receiver listens at.", Required: true},
		},
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			c, err := contextArg(a, "context", nil)
			if err != nil {
				return nil, err
			}
			if c == nil {
				return nil, a.Errorf("argument context: want Context, got null")
			}
			handle, err := number(a, "dst_handle")
			if err != nil {
				return nil, err
			}
			if handle == 0 {
				return nil, a.Errorf("argument dst_handle: want the number of a handle, got %s", value.TypeName(a.Value("dst_handle")))
			}
			return &senderObject{rt: rt, s: mitogen.NewSender(c.c, handle)}, nil
		},
	}}
}
