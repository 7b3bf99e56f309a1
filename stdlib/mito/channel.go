package mito

import (
	"context"
	"fmt"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// channelObject is a Channel: a Receiver, and a Sender to the other end.
type channelObject struct {
	receiverObject
	ch *mitogen.Channel
}

func (o *channelObject) TypeName() string { return "Channel" }
func (o *channelObject) Attr(name string) (value.Value, bool) {
	return o.rt.classes.channel.get(o, name)
}
func (o *channelObject) AttrNames() []string    { return o.rt.classes.channel.names() }
func (o *channelObject) source() mitogen.Source { return o.ch }
func (o *channelObject) Key() any               { return o.ch }
func (o *channelObject) Show() string           { return fmt.Sprintf("Channel(%d)", o.ch.Handle()) }

// SetAttr sets context, dst_handle, handle and notify.
func (o *channelObject) SetAttr(_ context.Context, name string, v value.Value) error {
	return o.rt.classes.channel.set(o, name, v)
}

func channelClass() *class[*channelObject] {
	type self = *channelObject
	c := &class[self]{
		name: "Channel",
		attrs: []attr[self]{
			{"context", func(o self) value.Value { return o.rt.Context(o.ch.Peer().Context()) }, (*channelObject).setContext},
			{"dst_handle", func(o self) value.Value { return optional(o.ch.Peer().Handle()) }, (*channelObject).setDstHandle},
			{"handle", func(o self) value.Value { return int64(o.ch.Handle()) }, (*channelObject).setHandle},
			{"notify", func(o self) value.Value { return o.fn },
				func(o self, fn value.Value) error { return o.setNotify(o.rt, o.ch, o, fn) }},
		},
		methods: []method[self]{
			{interp.Func{Name: "close", Doc: "Closes both halves."},
				func(_ context.Context, o self, a *interp.Args) (value.Value, error) {
					a.Unlocked(o.ch.Close)
					return nil, nil
				}},
		},
	}
	for _, f := range putFuncs() {
		c.methods = append(c.methods, method[self]{f, func(ctx context.Context, o self, a *interp.Args) (value.Value, error) {
			if err := o.ch.Known(); err != nil {
				return nil, err
			}
			return done(put(ctx, o.rt, o.ch.Peer(), a))
		}})
	}
	inherit(c, receiverClass(), func(o self) *receiverObject { return &o.receiverObject })
	return c
}

// optional is a number that is None while it is not set.
func optional(n uint32) value.Value {
	if n == 0 {
		return nil
	}
	return int64(n)
}

func (o *channelObject) setContext(v value.Value) error {
	c, ok := v.(*contextObject)
	if !ok || c.c.Router() != o.ch.Router() {
		return value.Errorf(value.KindError, "Channel.context: want a Context of the same router, got %s", value.TypeName(v))
	}
	o.ch.SetPeer(c.c, o.ch.Peer().Handle())
	return nil
}

func (o *channelObject) setDstHandle(v value.Value) error {
	n, err := handleValue("Channel.dst_handle", v)
	if err == nil {
		o.ch.SetPeer(o.ch.Peer().Context(), n)
	}
	return err
}

func (o *channelObject) setHandle(v value.Value) error {
	n, err := handleValue("Channel.handle", v)
	if err == nil && n == 0 {
		err = value.Errorf(value.KindError, "Channel.handle: a number is needed")
	}
	if err != nil {
		return err
	}
	return o.ch.SetHandle(n)
}

// handleValue reads a number for the attribute what; None is 0.
func handleValue(what string, v value.Value) (uint32, error) {
	if v == nil {
		return 0, nil
	}
	n, ok := v.(int64)
	if f, isFloat := v.(float64); isFloat && f == float64(int64(f)) {
		n, ok = int64(f), true
	}
	if !ok || n < 0 || n > 1<<32-1 {
		return 0, value.Errorf(value.KindError, "%s: want a number from 0 to 4294967295, got %v", what, value.TypeName(v))
	}
	return uint32(n), nil
}

func (rt *Runtime) channelModule() *interp.Module {
	return &interp.Module{Name: "Channel", Doc: "A Receiver, and a Sender to the Channel at the other end.", Call: &interp.Func{
		Name: "Channel", Doc: "Makes a Receiver with a Sender to the other end.", NoTarget: noTarget,
		Params: []interp.Param{
			{Name: "router", Doc: "The Router to listen at.", Required: true},
			{Name: "context", Doc: "The Context at the other end.", Required: true},
			{Name: "dst_handle", Doc: "The handle there; None if it is not known yet."},
			handleParam(),
		},
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			ro, err := routerArg(a)
			if err != nil {
				return nil, err
			}
			c, err := contextArg(a, "context", ro.r)
			if err != nil {
				return nil, err
			}
			if c == nil {
				return nil, a.Errorf("argument context: want Context, got null")
			}
			dst, err := number(a, "dst_handle")
			if err != nil {
				return nil, err
			}
			handle, err := number(a, "handle")
			if err != nil {
				return nil, err
			}
			ch, err := mitogen.NewChannel(ro.r, c.c, dst, handle)
			if err != nil {
				return nil, err
			}
			return rt.view(ch), nil
		},
	}}
}
