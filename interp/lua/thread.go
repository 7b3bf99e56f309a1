package lua

import (
	"context"
	"fmt"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

const (
	maxFree  = 8   // states kept for further calls
	maxDepth = 200 // calls from Go, and pcalls, inside each other
)

// thread is one run of script code on a state of its own.
type thread struct {
	in  *Interp
	L   *glua.LState
	ctx context.Context // what Funcs get; it carries the thread
	// outer is the state that waits for this one in a pcall, nil for a call from Go.
	outer   *glua.LState
	handler *glua.LFunction // of xpcall
	depth   int
	loading []*module // library modules whose top level this run is in
}

type threadKey struct{}

// threadContext hands the thread to callbacks without a value lookup chain.
type threadContext struct {
	context.Context
	t *thread
}

func (c *threadContext) Value(key any) any {
	if key == (threadKey{}) {
		return c.t
	}
	return c.Context.Value(key)
}

// stopContext is what gopher-lua polls at every instruction: a plain channel.
type stopContext struct {
	context.Context
	done <-chan struct{}
}

func (c *stopContext) Done() <-chan struct{} { return c.done }

// begin takes a state for a call with ctx.
func (in *Interp) begin(ctx context.Context) *thread {
	t := &thread{in: in}
	if outer, ok := ctx.Value(threadKey{}).(*thread); ok && outer.in == in {
		t.depth, t.loading = outer.depth+1, outer.loading
	}
	t.ctx = &threadContext{ctx, t}
	t.take()
	if done := ctx.Done(); done != nil {
		t.L.SetContext(&stopContext{ctx, done})
	}
	return t
}

// nested takes a state for a protected call made on L.
func (t *thread) nested(L *glua.LState) *thread {
	n := &thread{in: t.in, outer: L, depth: t.depth + 1, loading: t.loading}
	n.ctx = &threadContext{t.ctx.(*threadContext).Context, n}
	n.take()
	if ctx := L.Context(); ctx != nil {
		n.L.SetContext(ctx)
	}
	return n
}

func (t *thread) take() {
	in := t.in
	if n := len(in.free); n > 0 {
		t.L, in.free = in.free[n-1], in.free[:n-1]
	} else {
		t.L, _ = in.root.NewThread()
	}
	in.threads[t.L] = t
	in.resolveLazy(t.ctx)
}

// end gives the state back; one in which an error was raised is dropped.
func (in *Interp) end(t *thread, clean bool) {
	delete(in.threads, t.L)
	if clean && len(in.free) < maxFree {
		t.L.RemoveContext()
		t.L.SetTop(0)
		t.L.Env = in.root.Env
		in.free = append(in.free, t.L)
	}
}

// threadOf finds the run that L, which may be a coroutine, belongs to.
func (in *Interp) threadOf(L *glua.LState) *thread {
	for s := L; s != nil; s = s.Parent {
		if t, ok := in.threads[s]; ok {
			return t
		}
	}
	panic("lua: a state runs that no call owns")
}

// raised is what an error of a script unwinds with.
type raised struct {
	value  glua.LValue
	frames []value.Frame
}

// call runs fn on the thread's empty state.
func (t *thread) call(fn glua.LValue, args []glua.LValue) (results []glua.LValue, err *raised) {
	L, G := t.L, t.in.root.G
	current := G.CurrentThread
	if t.outer == nil {
		G.CurrentThread = L
	}
	defer func() {
		if r := recover(); r != nil {
			results, err = nil, t.recovered(r)
		}
		G.CurrentThread = current
	}()
	if t.depth > maxDepth {
		return nil, &raised{value: glua.LString("stack overflow: too many calls inside each other")}
	}
	L.Panic = t.raise
	L.Push(fn)
	for _, a := range args {
		L.Push(a)
	}
	L.Call(len(args), glua.MultRet)
	n := L.GetTop()
	results = make([]glua.LValue, n)
	for i := range results {
		results[i] = L.Get(i + 1)
	}
	L.SetTop(0)
	return results, nil
}

// raise is the state's Panic: the error is on top of the state L, the thread's
// own or that of a coroutine in it.
func (t *thread) raise(L *glua.LState) {
	r := &raised{value: L.Get(-1)}
	if t.outer == nil {
		r.frames = t.in.frames(L)
	}
	if h := t.handler; h != nil {
		t.handler = nil
		t.L.Push(h)
		t.L.Push(r.value)
		t.L.Call(1, 1)
		r.value = t.L.Get(-1)
	}
	panic(r)
}

func (t *thread) recovered(r any) *raised {
	switch r := r.(type) {
	case *raised:
		return r
	case *glua.ApiError:
		if r.Object != nil {
			return &raised{value: r.Object, frames: t.in.frames(t.L)}
		}
	}
	text := fmt.Sprint(r)
	if text == "lua callstack overflow" {
		text = "stack overflow"
	}
	return &raised{value: glua.LString(text), frames: t.in.frames(t.L)}
}

// top runs fn as a call from Go; its error is a *value.Error.
func (in *Interp) top(ctx context.Context, fn glua.LValue, args []glua.LValue) ([]glua.LValue, error) {
	t := in.begin(ctx)
	results, failed := t.call(fn, args)
	in.end(t, failed == nil)
	if failed != nil {
		return nil, in.goError(ctx, failed)
	}
	return results, nil
}

// site is the interp.Thread of one call of a Func.
type site struct {
	t     *thread
	L     *glua.LState
	saved *glua.LState
}

var _ interp.Thread = (*site)(nil)

// Unlock lets go of the script lock; others may then run on other states.
func (s *site) Unlock() {
	s.saved = s.t.in.root.G.CurrentThread
	s.t.in.host.Lock.Unlock()
}

// Lock takes the script lock back.
func (s *site) Lock() {
	s.t.in.host.Lock.Lock()
	s.t.in.root.G.CurrentThread = s.saved
}

// Interp returns the Lua language.
func (s *site) Interp() interp.Interp { return s.t.in }

// Position is the line of the script that makes the call.
func (s *site) Position() (file string, line int) {
	for L := s.L; L != nil; L = s.t.in.below(L) {
		for level := 0; ; level++ {
			dbg, ok := L.GetStack(level)
			if !ok {
				break
			}
			if f, line, ok := position(L, dbg); ok {
				return f.SourceName, line
			}
		}
	}
	return "", 0
}
