package mito

import (
	"context"
	"errors"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// selectObject is a Select.
type selectObject struct {
	rt *Runtime
	s  *mitogen.Select
	notifier
}

func (o *selectObject) TypeName() string                     { return "Select" }
func (o *selectObject) Attr(name string) (value.Value, bool) { return o.rt.classes.sel.get(o, name) }
func (o *selectObject) AttrNames() []string                  { return o.rt.classes.sel.names() }
func (o *selectObject) source() mitogen.Source               { return o.s }
func (o *selectObject) Key() any                             { return o.s }
func (o *selectObject) Len() int                             { return o.s.Count() }

// SetAttr sets notify.
func (o *selectObject) SetAttr(_ context.Context, name string, v value.Value) error {
	return o.rt.classes.sel.set(o, name, v)
}

// Next serves iteration, which goes on until no member is left.
func (o *selectObject) Next(ctx context.Context) (value.Value, bool, error) {
	if o.s.Count() == 0 {
		return nil, false, nil
	}
	ev, err := o.s.Get(ctx)
	switch {
	case err == nil:
		return o.rt.item(ev), true, nil
	case value.AsError(err).Kind == value.KindError && o.s.Count() == 0:
		return nil, false, nil // another thread took the last item
	}
	return nil, false, err
}

// item is what an event brought: a Message, or a Latch's value.
func (rt *Runtime) item(ev mitogen.Event) value.Value {
	if m, ok := ev.Data.(*mitogen.Message); ok {
		return rt.message(m)
	}
	return ev.Data
}

// eventObject is an item with the leaf that it came from.
type eventObject struct {
	rt     *Runtime
	source interp.Object
	data   value.Value
}

func (o *eventObject) TypeName() string                     { return "Event" }
func (o *eventObject) Attr(name string) (value.Value, bool) { return o.rt.classes.event.get(o, name) }
func (o *eventObject) AttrNames() []string                  { return o.rt.classes.event.names() }
func (o *eventObject) Unpack() ([]value.Value, error)       { return []value.Value{o.source, o.data}, nil }

func eventClass() *class[*eventObject] {
	return &class[*eventObject]{name: "Event", attrs: []attr[*eventObject]{
		{name: "source", get: func(o *eventObject) value.Value { return o.source }},
		{name: "data", get: func(o *eventObject) value.Value { return o.data }},
	}}
}

func memberParam() []interp.Param {
	return []interp.Param{{Name: "recv", Doc: "A Receiver, Channel, Latch or Select.", Required: true}}
}

func memberArg(a *interp.Args) (mitogen.Source, error) {
	m, ok := a.Value("recv").(sourced)
	if !ok {
		return nil, a.Errorf("argument recv: want Receiver, Channel, Latch or Select, got %s", value.TypeName(a.Value("recv")))
	}
	return m.source(), nil
}

func selectClass() *class[*selectObject] {
	type self = *selectObject
	event := func(ctx context.Context, o self, a *interp.Args) (mitogen.Event, error) {
		return waitFor(ctx, a, "Select."+a.Func.Name, o.s.Get, o.s.TryGet)
	}
	return &class[self]{
		name: "Select",
		attrs: []attr[self]{
			{"notify", func(o self) value.Value { return o.fn },
				func(o self, fn value.Value) error { return o.setNotify(o.rt, o.s, o, fn) }},
		},
		methods: []method[self]{
			{interp.Func{Name: "get", Doc: "Waits for an item of any member: a Message, or a Latch's value.", Params: waiting()},
				func(ctx context.Context, o self, a *interp.Args) (value.Value, error) {
					ev, err := event(ctx, o, a)
					if err != nil {
						return nil, err
					}
					return o.rt.item(ev), nil
				}},
			{interp.Func{Name: "get_event", Doc: "Waits for an item and returns it with the source that it came from.", Params: waiting()},
				func(ctx context.Context, o self, a *interp.Args) (value.Value, error) {
					ev, err := event(ctx, o, a)
					if err != nil {
						return nil, err
					}
					return &eventObject{o.rt, o.rt.view(ev.Source), o.rt.item(ev)}, nil
				}},
			{interp.Func{Name: "add", Doc: "Makes a source a member.", Params: memberParam()},
				func(_ context.Context, o self, a *interp.Args) (value.Value, error) {
					src, err := memberArg(a)
					if err != nil {
						return nil, err
					}
					return done(o.s.Add(src))
				}},
			{interp.Func{Name: "remove", Doc: "Takes a member out.", Params: memberParam()},
				func(_ context.Context, o self, a *interp.Args) (value.Value, error) {
					src, err := memberArg(a)
					if err != nil {
						return nil, err
					}
					return done(o.s.Remove(src))
				}},
			{interp.Func{Name: "close", Doc: "Frees the members and wakes all who wait with a LatchError."},
				func(_ context.Context, o self, _ *interp.Args) (value.Value, error) { o.s.Close(); return nil, nil }},
			{interp.Func{Name: "empty", Doc: "Reports whether get would wait."},
				func(_ context.Context, o self, _ *interp.Args) (value.Value, error) { return o.s.Len() == 0, nil }},
			{interp.Func{Name: "size", Doc: "Returns the number of items that are buffered."},
				func(_ context.Context, o self, _ *interp.Args) (value.Value, error) { return int64(o.s.Len()), nil }},
		},
	}
}

func (rt *Runtime) selectModule() *interp.Module {
	receivers := interp.Param{Name: "receivers", Doc: "The members: Receivers, Channels, Latches, Selects."}
	all := receivers
	all.Required = true
	return &interp.Module{
		Name: "Select", Doc: "Waits for several sources.",
		Call: &interp.Func{Name: "Select", Doc: "Makes a Select of sources.", NoTarget: noTarget,
			Params: []interp.Param{receivers, {Name: "oneshot", Doc: "Drop a member once it has given an item.", Default: true}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				oneshot, err := a.Bool("oneshot")
				if err != nil {
					return nil, err
				}
				s, err := newSelect(a, oneshot)
				if err != nil {
					return nil, err
				}
				return rt.view(s), nil
			}},
		Funcs: []*interp.Func{{Name: "all", NoTarget: noTarget, Params: []interp.Param{all},
			Doc:  "Returns the values of all receivers, in the order in which they came; the first error is raised.",
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) { return rt.selectAll(ctx, a) }}},
	}
}

func newSelect(a *interp.Args, oneshot bool) (*mitogen.Select, error) {
	items, err := a.List("receivers")
	if err != nil {
		return nil, err
	}
	sources := make([]mitogen.Source, len(items))
	for i, it := range items {
		src, ok := it.(sourced)
		if !ok {
			return nil, a.Errorf("argument receivers[%d]: want Receiver, Channel, Latch or Select, got %s", i+a.FirstIndex(), value.TypeName(it))
		}
		sources[i] = src.source()
	}
	return mitogen.NewSelect(oneshot, sources...)
}

func (rt *Runtime) selectAll(ctx context.Context, a *interp.Args) (value.Value, error) {
	s, err := newSelect(a, true)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	out := value.List{}
	a.Unlocked(func() {
		for s.Count() > 0 && err == nil {
			var v value.Value
			if v, err = nextOf(ctx, s); err == nil {
				out = append(out, v)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// nextOf is the value of the next item; its error names the context it came from.
func nextOf(ctx context.Context, s *mitogen.Select) (value.Value, error) {
	ev, err := s.Get(ctx)
	if err != nil {
		return nil, err
	}
	m, ok := ev.Data.(*mitogen.Message)
	if !ok {
		return ev.Data, nil
	}
	v, err := m.Decode()
	var e *value.Error
	rv, isReceiver := m.Source.(*mitogen.Receiver)
	if errors.As(err, &e) && e.Context == "" && isReceiver && rv.Context() != nil {
		named := *e
		named.Context = rv.Context().Name()
		err = &named
	}
	return v, err
}
