package mito

import (
	"context"
	"slices"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// listener is one registration of mitogen.listen.
type listener struct {
	signals *mitogen.Signals
	signal  string
	fn      interp.Callable
	id      mitogen.ListenerID
}

// signalsOf are the signals of an object, and those names that it has.
func signalsOf(v value.Value) (*mitogen.Signals, []string) {
	switch o := v.(type) {
	case *contextObject:
		return &o.c.Signals, []string{"disconnect"}
	case *routerObject:
		return &o.r.Signals, []string{"new_context"}
	case *brokerObject:
		return &o.b.Signals, []string{"before_shutdown", "shutdown", "exit"}
	}
	return nil, nil
}

// registration reads the arguments of listen and unlisten.
func registration(a *interp.Args) (*listener, error) {
	signals, names := signalsOf(a.Value("obj"))
	if signals == nil {
		return nil, a.Errorf("argument obj: want Context, Router or Broker, got %s", value.TypeName(a.Value("obj")))
	}
	signal, err := a.String("signal")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, signal) {
		return nil, value.Errorf(value.KindValue, "%s has no signal %q", value.TypeName(a.Value("obj")), signal)
	}
	fn, ok, err := a.Callable("fn")
	if err != nil || !ok {
		return nil, a.Errorf("argument fn: want a function, got %s", value.TypeName(a.Value("fn")))
	}
	return &listener{signals: signals, signal: signal, fn: fn}, nil
}

func (rt *Runtime) listen(a *interp.Args) error {
	l, err := registration(a)
	if err != nil {
		return err
	}
	queue := &serial{rt: rt}
	takes := l.fn.Variadic() || len(l.fn.ParamNames()) > 0
	l.id = l.signals.Listen(l.signal, func(arg any) {
		var args []value.Value
		if takes {
			args = []value.Value{rt.subject(arg)}
		}
		if b, ok := arg.(*mitogen.Broker); ok {
			// Its end goes on when the listener is through, or the grace is over.
			rt.callWithin(queue, b.ShutdownTimeout, l.fn, args)
			return
		}
		queue.call("listener", l.fn, args...)
	})
	rt.listeners = append(rt.listeners, l)
	return nil
}

func (rt *Runtime) callWithin(queue *serial, grace time.Duration, fn interp.Callable, args []value.Value) {
	finished := make(chan struct{})
	queue.do(func() {
		defer close(finished)
		_, _ = rt.callback("listener", fn, args)
	})
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-finished:
	case <-timer.C:
	}
}

// subject is the object that a signal concerns.
func (rt *Runtime) subject(arg any) value.Value {
	switch arg := arg.(type) {
	case *mitogen.Context:
		return rt.Context(arg)
	case *mitogen.Broker:
		return rt.broker(arg)
	}
	return nil
}

func (rt *Runtime) unlisten(a *interp.Args) error {
	l, err := registration(a)
	if err != nil {
		return err
	}
	for i, known := range rt.listeners {
		if known.signals == l.signals && known.signal == l.signal && known.fn.Same(l.fn) {
			rt.listeners = slices.Delete(rt.listeners, i, i+1)
			return known.signals.Unlisten(known.signal, known.id)
		}
	}
	return value.Errorf(value.KindValue, "%s does not listen to signal %q", l.fn.FuncName(), l.signal)
}

// signalFuncs are mitogen.listen and mitogen.unlisten.
func (rt *Runtime) signalFuncs() []*interp.Func {
	params := []interp.Param{
		{Name: "obj", Doc: "A Context, Router or Broker.", Required: true},
		{Name: "signal", Doc: "\"disconnect\"; \"new_context\"; \"before_shutdown\", \"shutdown\" or \"exit\".", Required: true},
		{Name: "fn", Doc: "Called with what the signal concerns, or without it if it takes nothing.", Required: true},
	}
	return []*interp.Func{
		{Name: "listen", Doc: "Calls a function when something happens.", Params: params, NoTarget: noTarget,
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) { return done(rt.listen(a)) }},
		{Name: "unlisten", Doc: "Undoes listen.", Params: params, NoTarget: noTarget,
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) { return done(rt.unlisten(a)) }},
	}
}
