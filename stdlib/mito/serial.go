package mito

import (
	"context"
	"errors"
	"sync"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// serial runs functions one after another, in the order in which they came, on a
// goroutine that lives while there are any. Every registration of a callback has
// one: so it keeps its order and never runs beside itself.
type serial struct {
	rt *Runtime

	mu      sync.Mutex
	pending []func() // guarded by mu, as what follows
	running bool
}

// do queues fn and returns at once.
func (s *serial) do(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = append(s.pending, fn)
	if !s.running {
		s.running = s.rt.tasks.start(s.run)
	}
}

func (s *serial) run() {
	for {
		s.mu.Lock()
		if len(s.pending) == 0 {
			s.running = false
			s.mu.Unlock()
			return
		}
		fn := s.pending[0]
		s.pending[0] = nil
		s.pending = s.pending[1:]
		s.mu.Unlock()
		fn()
	}
}

// call queues a call of a script function, which errors call what.
func (s *serial) call(what string, fn interp.Callable, args ...value.Value) {
	s.do(func() { _, _ = s.rt.callback(what, fn, args) })
}

// callback runs a script function that nobody waits for: its error is logged.
func (rt *Runtime) callback(what string, fn interp.Callable, args []value.Value) (v value.Value, err error) {
	v, err = rt.run(fn, args...)
	rt.logFailure("a "+what, err)
	return v, err
}

// run calls a script function that waits no longer than the script's end allows.
func (rt *Runtime) run(fn interp.Callable, args ...value.Value) (v value.Value, err error) {
	ctx := rt.ctx
	if rt.ending.Load() {
		ctx = rt.last
	}
	rt.host.Lock.Do(func() { v, err = fn.Call(ctx, args, nil) })
	return v, err
}

// logFailure tells of an error that nobody else hears of. That the script's end
// cancelled a function is none.
func (rt *Runtime) logFailure(what string, err error) {
	if err == nil || errors.Is(err, value.KindCancelled) && (rt.ctx.Err() != nil || rt.isInterrupted()) {
		return
	}
	rt.log.Error(what + " failed: " + value.AsError(err).Report())
}

// policy reads the argument policy: a rule of the router's own, or a gate that
// asks a script function.
func (rt *Runtime) policy(a *interp.Args) (mitogen.Policy, func(*mitogen.Message, func()), error) {
	switch p := a.Value("policy").(type) {
	case nil:
		return nil, nil, nil
	case string:
		switch p {
		case "any":
			return nil, nil, nil
		case "parent":
			return mitogen.FromParents, nil, nil
		}
		return nil, nil, value.Errorf(value.KindValue, "argument policy: want \"any\", \"parent\" or a function, got %q", p)
	case interp.Callable:
		return nil, rt.gate(p), nil
	}
	return nil, nil, a.Errorf("argument policy: want \"any\", \"parent\" or a function, got %s", value.TypeName(a.Value("policy")))
}

// gate asks fn about each message. Dead ones of this process pass, in their order.
func (rt *Runtime) gate(fn interp.Callable) func(*mitogen.Message, func()) {
	queue := &serial{rt: rt}
	return func(m *mitogen.Message, pass func()) {
		if !m.Hold() {
			return
		}
		queue.do(func() {
			if m.IsDead() && m.Local() {
				pass()
				return
			}
			v, err := rt.callback("policy", fn, []value.Value{rt.message(m)})
			if allowed, _ := v.(bool); err == nil && allowed {
				pass()
				return
			}
			m.Router.Refuse(m, "the policy function of the handle did not accept it")
		})
	}
}

// spawn runs fn with the script lock, side by side with everything else; the
// Promise is of its result.
func (rt *Runtime) spawn(r *mitogen.Router, fn interp.Callable, args []value.Value, kwargs []value.Field) (*mitogen.Receiver, error) {
	return rt.promise(r, func(ctx context.Context) (v value.Value, err error) {
		rt.host.Lock.Do(func() { v, err = fn.Call(ctx, args, kwargs) })
		return v, err
	})
}

// promise runs work on a goroutine of its own; cancelling the Receiver ends ctx.
func (rt *Runtime) promise(r *mitogen.Router, work func(ctx context.Context) (value.Value, error)) (*mitogen.Receiver, error) {
	ctx, cancel := context.WithCancelCause(rt.ctx)
	p, err := mitogen.NewPromise(r, func() { cancel(errCancelled()) })
	if err != nil {
		cancel(nil)
		return nil, err
	}
	started := rt.tasks.start(func() {
		defer cancel(nil)
		p.Keep(work(ctx))
	})
	if !started {
		p.Cancel()
	}
	return p.Receiver, nil
}

func errCancelled() error { return value.Errorf(value.KindCancelled, "it was cancelled") }
