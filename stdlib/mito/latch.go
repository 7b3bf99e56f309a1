package mito

import (
	"context"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// latchObject is a Latch.
type latchObject struct {
	rt *Runtime
	l  *mitogen.Latch
	notifier
}

func (o *latchObject) TypeName() string                     { return "Latch" }
func (o *latchObject) Attr(name string) (value.Value, bool) { return o.rt.classes.latch.get(o, name) }
func (o *latchObject) AttrNames() []string                  { return o.rt.classes.latch.names() }
func (o *latchObject) source() mitogen.Source               { return o.l }
func (o *latchObject) Key() any                             { return o.l }

// SetAttr sets notify.
func (o *latchObject) SetAttr(_ context.Context, name string, v value.Value) error {
	return o.rt.classes.latch.set(o, name, v)
}

func latchClass() *class[*latchObject] {
	type self = *latchObject
	return &class[self]{
		name: "Latch",
		attrs: []attr[self]{
			{"notify", func(o self) value.Value { return o.fn },
				func(o self, fn value.Value) error { return o.setNotify(o.rt, o.l, o, fn) }},
		},
		methods: []method[self]{
			{interp.Func{Name: "put", Doc: "Adds a value.", Here: true, Params: []interp.Param{{Name: "value", Doc: "Any value: it does not leave the process."}}},
				func(_ context.Context, o self, a *interp.Args) (value.Value, error) {
					return done(o.l.Put(a.Value("value")))
				}},
			{interp.Func{Name: "get", Doc: "Waits for a value.", Params: waiting()},
				func(ctx context.Context, o self, a *interp.Args) (value.Value, error) {
					return waitFor(ctx, a, "Latch.get", o.l.Get, o.l.TryGet)
				}},
			{interp.Func{Name: "size", Doc: "Returns the number of values that wait."},
				func(_ context.Context, o self, _ *interp.Args) (value.Value, error) {
					n, err := o.l.Size()
					return int64(n), err
				}},
			{interp.Func{Name: "empty", Doc: "Reports whether get would wait."},
				func(_ context.Context, o self, _ *interp.Args) (value.Value, error) {
					n, err := o.l.Size()
					return n == 0, err
				}},
			{interp.Func{Name: "close", Doc: "Wakes all who wait with a LatchError and drops what is left."},
				func(_ context.Context, o self, _ *interp.Args) (value.Value, error) { o.l.Close(); return nil, nil }},
		},
	}
}

func (rt *Runtime) latchModule() *interp.Module {
	return &interp.Module{Name: "Latch", Doc: "A queue inside one process.", Call: &interp.Func{
		Name: "Latch", Doc: "Makes a queue inside this process.", NoTarget: noTarget,
		Impl: func(context.Context, *interp.Args) (value.Value, error) { return rt.view(&mitogen.Latch{}), nil },
	}}
}
