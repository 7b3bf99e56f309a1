package mito

import (
	"context"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Main is the function that the main script gave to mitogen.main; nil for none.
// The script lock is held.
func (rt *Runtime) Main() interp.Callable { return rt.mainFunc }

// Router is the script's value router.
func (rt *Runtime) Router() interp.Object { return rt.main }

// Interrupt makes mitogen.wait return: the process was asked to end.
func (rt *Runtime) Interrupt() { rt.interrupt.Do(func() { close(rt.interrupted) }) }

func (rt *Runtime) isInterrupted() bool {
	select {
	case <-rt.interrupted:
		return true
	default:
		return false
	}
}

func (rt *Runtime) wait(ctx context.Context) error {
	select {
	case <-rt.interrupted:
	case <-rt.opts.Router.Broker().Context().Done():
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// AtExit runs what mitogen.at_exit collected, the last first. Failures are logged.
func (rt *Runtime) AtExit(ctx context.Context) {
	for {
		var fn interp.Callable
		rt.host.Lock.Do(func() {
			if n := len(rt.atExit); n > 0 {
				fn, rt.atExit = rt.atExit[n-1], rt.atExit[:n-1]
			}
		})
		if fn == nil {
			return
		}
		var err error
		rt.host.Lock.Do(func() { _, err = fn.Call(ctx, nil, nil) })
		rt.logFailure("an at_exit function", err)
	}
}

// Finish is the end of a script: at_exit functions run, calls and functions whose
// results nobody took are cancelled, and all brokers are shut down, within their
// own timeouts. Callbacks of that end have the main broker's timeout once more; those
// that still run when ctx ends are left behind.
func (rt *Runtime) Finish(ctx context.Context) {
	rt.AtExit(ctx)
	routers := rt.allRouters()
	for _, r := range routers {
		r.CancelCalls()
	}
	rt.ending.Store(true) // handlers learn that they are closed, listeners of the end
	for _, r := range routers {
		r.Broker().Shutdown()
	}
	for _, r := range routers {
		select {
		case <-r.Broker().Gone():
		case <-ctx.Done():
		}
	}
	rt.close(ctx)
}

// Idle reports whether no spawned function or callback runs.
func (rt *Runtime) Idle() bool { return rt.tasks.empty() }

// close ends callbacks and spawned functions and waits for them until ctx ends.
func (rt *Runtime) close(ctx context.Context) {
	over := value.Errorf(value.KindCancelled, "cancelled because the script has ended")
	rt.cancel(over)
	grace := time.AfterFunc(rt.opts.Router.Broker().ShutdownTimeout, func() { rt.cancelLast(over) })
	defer grace.Stop()
	select {
	case <-rt.tasks.close():
	case <-ctx.Done():
	}
	rt.cancelLast(over)
}

func (rt *Runtime) allRouters() []*mitogen.Router {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	out := make([]*mitogen.Router, 0, len(rt.routers))
	for r := range rt.routers {
		out = append(out, r)
	}
	return out
}
