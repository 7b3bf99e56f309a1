package mito

import (
	"context"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// brokerObject is a Broker.
type brokerObject struct {
	rt       *Runtime
	b        *mitogen.Broker
	deferred serial
}

func (o *brokerObject) TypeName() string                     { return "Broker" }
func (o *brokerObject) Attr(name string) (value.Value, bool) { return o.rt.classes.broker.get(o, name) }
func (o *brokerObject) AttrNames() []string                  { return o.rt.classes.broker.names() }

// SetAttr sets shutdown_timeout.
func (o *brokerObject) SetAttr(_ context.Context, name string, v value.Value) error {
	return o.rt.classes.broker.set(o, name, v)
}

func (o *brokerObject) setTimeout(v value.Value) error {
	var d time.Duration
	switch v := v.(type) {
	case int64:
		d = time.Duration(v) * time.Second
	case float64:
		d = value.Seconds(v)
	case time.Duration:
		d = v
	default:
		return value.Errorf(value.KindError, "Broker.shutdown_timeout: want seconds, got %s", value.TypeName(v))
	}
	o.b.ShutdownTimeout = max(d, 0)
	return nil
}

// deferFunc describes defer and defer_sync.
func deferFunc(name, doc string) interp.Func {
	return interp.Func{Name: name, Doc: doc, HandsOn: true, Here: true, Rest: "args", Keywords: "kwargs",
		Params: []interp.Param{{Name: "fn", Doc: "The function.", Required: true}}}
}

func brokerClass() *class[*brokerObject] {
	type self = *brokerObject
	stream := []interp.Param{{Name: "stream", Doc: "The Stream.", Required: true}}
	return &class[self]{
		name: "Broker",
		attrs: []attr[self]{
			{"shutdown_timeout", func(o self) value.Value { return o.b.ShutdownTimeout.Seconds() }, (*brokerObject).setTimeout},
		},
		methods: []method[self]{
			{deferFunc("defer", "Runs a function soon, after what was deferred before."),
				func(_ context.Context, o self, a *interp.Args) (value.Value, error) {
					_, err := o.put(a, nil)
					return done(err)
				}},
			{deferFunc("defer_sync", "Runs a function as defer does and returns its result."),
				func(ctx context.Context, o self, a *interp.Args) (value.Value, error) { return o.deferSync(ctx, a) }},
			{interp.Func{Name: "shutdown", Doc: "Begins the orderly end and returns at once."},
				func(_ context.Context, o self, _ *interp.Args) (value.Value, error) { o.b.Shutdown(); return nil, nil }},
			{interp.Func{Name: "join", Doc: "Waits for the end.", Blocking: true},
				func(ctx context.Context, o self, _ *interp.Args) (value.Value, error) {
					select {
					case <-o.b.Gone():
						return nil, nil
					case <-ctx.Done():
						return nil, context.Cause(ctx)
					}
				}},
			{interp.Func{Name: "keep_alive", Doc: "Reports whether it still has contexts."},
				func(_ context.Context, o self, _ *interp.Args) (value.Value, error) { return o.keepAlive(), nil }},
			{interp.Func{Name: "start_receive", Doc: "Reads on from a link that stop_receive paused.", Params: stream},
				func(_ context.Context, _ self, a *interp.Args) (value.Value, error) {
					s, err := streamArg(a)
					if err == nil {
						s.Resume()
					}
					return done(err)
				}},
			{interp.Func{Name: "stop_receive", Doc: "Pauses reading from a link.", Params: stream},
				func(_ context.Context, _ self, a *interp.Args) (value.Value, error) {
					s, err := streamArg(a)
					if err == nil {
						s.Pause()
					}
					return done(err)
				}},
		},
	}
}

func streamArg(a *interp.Args) (*mitogen.Stream, error) {
	s, ok := a.Value("stream").(*streamObject)
	if !ok {
		return nil, a.Errorf("argument stream: want Stream, got %s", value.TypeName(a.Value("stream")))
	}
	return s.s, nil
}

// put defers fn; finished gets its result.
func (o *brokerObject) put(a *interp.Args, finished func(value.Value, error)) (interp.Callable, error) {
	fn, ok, err := a.Callable("fn")
	if err != nil || !ok {
		return nil, a.Errorf("argument fn: want a function, got %s", value.TypeName(a.Value("fn")))
	}
	args, kwargs := a.Rest, a.Keywords
	run := func() {
		var v value.Value
		var err error
		o.rt.host.Lock.Do(func() { v, err = fn.Call(o.rt.ctx, args, kwargs) })
		switch {
		case finished != nil:
			finished(v, err)
		default:
			o.rt.logFailure("a deferred function", err)
		}
	}
	// The broker's own goroutine is not for scripts, which may wait.
	return fn, o.b.Defer(func() { o.deferred.do(run) })
}

func (o *brokerObject) deferSync(ctx context.Context, a *interp.Args) (value.Value, error) {
	type outcome struct {
		v   value.Value
		err error
	}
	result := make(chan outcome, 1)
	if _, err := o.put(a, func(v value.Value, err error) { result <- outcome{v, err} }); err != nil {
		return nil, err
	}
	var out outcome
	a.Unlocked(func() {
		select {
		case out = <-result:
		case <-ctx.Done():
			out.err = context.Cause(ctx)
		}
	})
	return out.v, out.err
}

func (o *brokerObject) keepAlive() bool {
	o.rt.mu.Lock()
	defer o.rt.mu.Unlock()
	for r := range o.rt.routers {
		if r.Broker() == o.b && len(r.Contexts()) > 0 {
			return true
		}
	}
	return false
}
