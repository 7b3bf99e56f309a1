package interptest

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// callers are the functions that call others.
func (p *Process) callers() []*interp.Func {
	calls := func(name string, run func(context.Context, *interp.Args, interp.Callable) (value.Value, error)) *interp.Func {
		return &interp.Func{
			Name: name, Params: []interp.Param{param("fn")}, Rest: "args", Keywords: "kwargs", HandsOn: true,
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
				fn, ok, err := a.Callable("fn")
				if err == nil && !ok {
					err = a.Errorf("argument fn: want function, got null")
				}
				if err != nil {
					return nil, err
				}
				return run(ctx, a, fn)
			},
		}
	}
	return []*interp.Func{
		calls("call", func(ctx context.Context, a *interp.Args, fn interp.Callable) (value.Value, error) {
			return fn.Call(ctx, a.Rest, a.Keywords)
		}),
		calls("remote", func(ctx context.Context, a *interp.Args, fn interp.Callable) (value.Value, error) {
			return p.world.Call(ctx, fn, a.Rest, a.Keywords, a.Unlocked)
		}),
		calls("aside", p.aside),
		calls("limit", limit),
		calls("describe", describe),
		calls("mark", func(_ context.Context, _ *interp.Args, fn interp.Callable) (value.Value, error) {
			fn.Mark(interp.MarkRouter)
			return fn, nil
		}),
		calls("same", func(_ context.Context, a *interp.Args, fn interp.Callable) (value.Value, error) {
			other, ok := a.Rest[0].(interp.Callable)
			return ok && fn.Same(other), nil
		}),
	}
}

// aside calls fn on a thread of its own while the caller waits without the lock.
func (p *Process) aside(ctx context.Context, a *interp.Args, fn interp.Callable) (v value.Value, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Host.Lock.Do(func() { v, err = fn.Call(ctx, a.Rest, a.Keywords) })
	}()
	a.Unlocked(func() { <-done })
	return v, err
}

// limit calls fn with a deadline that passes at once.
func limit(ctx context.Context, a *interp.Args, fn interp.Callable) (value.Value, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 20*time.Millisecond, value.Errorf(value.KindTimeout, "too slow"))
	defer cancel()
	return fn.Call(ctx, a.Rest, a.Keywords)
}

// describe tells what Go sees of a function.
func describe(_ context.Context, _ *interp.Args, fn interp.Callable) (value.Value, error) {
	file, line := fn.Where()
	file = strings.TrimSuffix(file, path.Ext(file))
	return fmt.Sprintf("%s %s:%d (%s) marks %d", fn.FuncName(), file, line, strings.Join(fn.ParamNames(), ", "), fn.Marks()), nil
}
