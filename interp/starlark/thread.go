package starlark

import (
	"context"

	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
)

// thread is one thread of script execution. The Host's Lock guards it, but for
// the cancellation of t.
type thread struct {
	in *Interp
	t  star.Thread
	// ctx is that of the innermost call; it carries the thread.
	ctx context.Context
	// raised is the error of an iterator, which Starlark's own protocol cannot
	// report: the thread is cancelled instead and this is the reason.
	raised error
	// away counts the releases of the lock that have not ended.
	away int
	// ended says that its outermost call is over.
	ended bool
}

// threadKey is the key under which a call's context carries its thread.
type threadKey struct{ in *Interp }

func (in *Interp) newThread(name string) *thread {
	th := &thread{in: in}
	th.t.Name = name
	th.t.Print = in.print
	th.t.Load = in.load
	return th
}

// Unlock lets go of the script lock.
func (th *thread) Unlock() {
	th.away++
	th.in.host.Lock.Unlock()
}

// Lock takes the script lock back.
func (th *thread) Lock() {
	th.in.host.Lock.Lock()
	th.away--
	th.in.current = th
}

// Interp is Starlark.
func (th *thread) Interp() interp.Interp { return th.in }

// Position is the calling line of the script.
func (th *thread) Position() (string, int) {
	for depth := range th.t.CallStackDepth() {
		if pos := th.t.CallFrame(depth).Pos; pos.Line > 0 {
			return pos.Filename(), int(pos.Line)
		}
	}
	return "", 0
}

// onThread runs fn under ctx: on the thread that ctx carries if that is waiting
// for this very call, else on a new one. Errors are *value.Error.
func (in *Interp) onThread(ctx context.Context, fn func(*thread) (star.Value, error)) (star.Value, error) {
	if ctx.Err() != nil {
		return nil, cancelCause(ctx)
	}
	th, _ := ctx.Value(threadKey{in}).(*thread)
	// A goroutine that a builtin left behind may still hold the context of its
	// thread: that thread is away, or done, whenever such a one holds the lock.
	nested := th != nil && th.away == 0 && !th.ended
	if !nested {
		th = in.newThread("script")
		defer func() { th.ended = true }()
	}
	defer in.enter(th)()
	outer := th.ctx
	if outer != ctx {
		th.ctx = context.WithValue(ctx, threadKey{in}, th)
	}
	defer func() { th.ctx = outer }()
	defer th.watch(ctx, outer)()

	v, err := fn(th)
	if err != nil || th.raised != nil {
		return nil, th.toError(err)
	}
	return v, nil
}

// enter makes th the current thread; the result puts the former one back.
func (in *Interp) enter(th *thread) (leave func()) {
	former := in.current
	in.current = th
	return func() { in.current = former }
}

// watch cancels the thread when ctx ends, unless outer's end does it anyway.
func (th *thread) watch(ctx, outer context.Context) (stop func()) {
	if ctx.Done() == nil || outer != nil && outer.Done() == ctx.Done() {
		return func() {}
	}
	fired := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		th.t.Cancel("its call ended")
		close(fired)
	})
	return func() {
		if unwatch() {
			return
		}
		<-fired
		if outer != nil && outer.Err() == nil {
			th.t.Uncancel()
		}
	}
}

// raise makes the thread fail at its next step.
func (th *thread) raise(err error) {
	if th.raised == nil {
		th.raised = err
	}
	th.t.Cancel("iteration failed")
}
