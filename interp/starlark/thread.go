package starlark

import (
	"context"

	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// pollSteps is after how many steps of the interpreter a thread looks whether its
// calls are still wanted: less than a millisecond. Functions of the library look
// whenever they begin. A goroutine that cancels the thread, for each call, would cost
// the small ones more than they do.
const pollSteps = 5000

// thread is one thread of script execution. The Host's Lock guards it.
type thread struct {
	in *Interp
	t  star.Thread
	// ctx is that of the innermost call; it carries the thread.
	ctx context.Context
	// calls are the contexts of the calls on the thread, innermost last.
	calls []context.Context
	room  [2]context.Context // for calls
	// unwanted says that t was cancelled because one of them has ended.
	unwanted bool
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

// newThread gives a thread for an outermost call: one that was used before, if there is
// one, as it has memory for the frames of functions.
func (in *Interp) newThread() *thread {
	if last := len(in.spare) - 1; last >= 0 {
		th := in.spare[last]
		in.spare = in.spare[:last]
		th.ended = false
		return th
	}
	th := &thread{in: in}
	th.calls = th.room[:0]
	th.t.Name = "script"
	th.t.Print = in.printFunc
	th.t.Load = in.loadFunc
	th.t.OnMaxSteps = th.poll
	th.t.SetMaxExecutionSteps(pollSteps)
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
		th = in.newThread()
		defer func() { th.ended = true }()
	}
	former := in.current
	in.current = th
	outer := th.ctx
	if outer != ctx {
		th.ctx = context.WithValue(ctx, threadKey{in}, th)
	}
	th.calls = append(th.calls, ctx)
	defer func() {
		th.leave(outer)
		in.current = former
	}()

	v, err := fn(th)
	if err != nil || th.raised != nil {
		return nil, th.toError(err)
	}
	if !nested && th.away == 0 && !th.unwanted && len(in.spare) < cap(in.spare) {
		in.spare = append(in.spare, th)
	}
	return v, nil
}

// leave ends the innermost call. A thread that was cancelled for it goes on if the
// calls around it are wanted.
func (th *thread) leave(outer context.Context) {
	last := len(th.calls) - 1
	th.calls[last] = nil
	th.calls, th.ctx = th.calls[:last], outer
	if th.unwanted && th.over() == nil {
		th.unwanted = false
		th.t.Uncancel()
	}
}

// over gives the reason why nobody wants what runs on the thread any more: a call on
// it has ended for whoever made it. It is nil while all go on.
func (th *thread) over() *value.Error {
	for _, ctx := range th.calls {
		if ctx.Err() != nil {
			return cancelCause(ctx)
		}
	}
	return nil
}

// poll cancels the thread once it is over.
func (th *thread) poll(t *star.Thread) {
	t.SetMaxExecutionSteps(t.Steps + pollSteps)
	if !th.unwanted && th.over() != nil {
		th.unwanted = true
		t.Cancel("its call ended")
	}
}

// raise makes the thread fail at its next step.
func (th *thread) raise(err error) {
	if th.raised == nil {
		th.raised = err
	}
	th.t.Cancel("iteration failed")
}
