package mito

import (
	"context"
	"sync"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// shipped is a function that arrived, revived when it is needed first.
type shipped struct {
	rt *Runtime
	f  *value.Func
	fn interp.Callable // guarded by the script lock; nil until then

	counted sync.Once
}

// builtin gives the function of the Host that f names, if it is one.
func (s *shipped) builtin() (interp.Callable, bool, error) {
	if s.f.Builtin == "" || s.f.Lang != "" {
		return nil, false, nil
	}
	b, ok := s.rt.host.Builtin(s.f.Builtin)
	if !ok {
		return nil, true, value.Errorf(value.KindError, "there is no function %s here", s.f.Builtin)
	}
	return &builtinFunc{s.rt, b}, true, nil
}

// fetch revives the function, waiting for code that is missing without the script
// lock, which it takes.
func (s *shipped) fetch(ctx context.Context) (interp.Callable, error) {
	for {
		fn, missing, err := s.tryOpen(ctx)
		if missing == nil {
			return fn, err
		}
		if _, err := s.rt.opts.Router.Chunks.Fetch(ctx, *missing); err != nil {
			return nil, err
		}
	}
}

// tryOpen is open with what is here; the hash of a chunk that is not is returned.
func (s *shipped) tryOpen(ctx context.Context) (fn interp.Callable, missing *value.Hash, err error) {
	s.rt.host.Lock.Lock()
	defer s.rt.host.Lock.Unlock()
	fn, err = s.open(ctx, func(_ context.Context, h value.Hash) ([]byte, error) {
		if data, ok := s.rt.opts.Router.Chunks.Held(h); ok {
			return data, nil
		}
		missing = &h
		return nil, value.Errorf(value.KindError, "code %s is not here", h)
	})
	return fn, missing, err
}

// open revives the function with the script lock held.
func (s *shipped) open(ctx context.Context, fetch interp.Fetch) (interp.Callable, error) {
	if s.fn != nil {
		return s.fn, nil
	}
	fn, ok, err := s.builtin()
	if !ok {
		fn, err = s.rt.host.Revive(ctx, s.f, fetch)
	}
	if err != nil {
		return nil, err
	}
	s.counted.Do(func() { s.rt.unopened.Add(-1) })
	s.fn = fn
	return fn, nil
}

// need is open for those who cannot wait without the lock. Code goes ahead of its
// function: it is here but for accidents, and comes without the lock.
func (s *shipped) need(ctx context.Context) (interp.Callable, error) {
	return s.open(ctx, s.rt.opts.Router.Chunks.Fetch)
}

func (s *shipped) FuncName() string { return s.f.Name }

func (s *shipped) Where() (string, int) {
	if s.fn == nil {
		return "", 0
	}
	return s.fn.Where()
}

func (s *shipped) ParamNames() []string {
	fn, err := s.need(s.rt.ctx)
	if err != nil {
		return nil
	}
	return fn.ParamNames()
}

func (s *shipped) Variadic() bool {
	fn, err := s.need(s.rt.ctx)
	return err == nil && fn.Variadic()
}

func (s *shipped) Call(ctx context.Context, args []value.Value, kwargs []value.Field) (value.Value, error) {
	fn, err := s.need(ctx)
	if err != nil {
		return nil, err
	}
	return fn.Call(ctx, args, kwargs)
}

func (s *shipped) Mark(m interp.Marks) {
	if fn, err := s.need(s.rt.ctx); err == nil {
		fn.Mark(m)
	}
}

func (s *shipped) Marks() interp.Marks {
	fn, err := s.need(s.rt.ctx)
	if err != nil {
		return 0
	}
	return fn.Marks()
}

func (s *shipped) Same(other interp.Callable) bool {
	if o, ok := other.(*shipped); ok && s.fn != nil && o.fn != nil {
		return s.fn.Same(o.fn)
	}
	return other == interp.Callable(s)
}

// Port ships it on, with the code that its next receiver may not have.
func (s *shipped) Port() (value.Value, error) {
	fn, err := s.need(s.rt.ctx)
	if err != nil {
		return nil, err
	}
	return fn.Port()
}

// builtinFunc is a function of the Host as a Callable.
type builtinFunc struct {
	rt *Runtime
	f  *interp.Func
}

func (b *builtinFunc) FuncName() string     { return b.f.Name }
func (b *builtinFunc) Where() (string, int) { return "", 0 }
func (b *builtinFunc) Mark(interp.Marks)    {}
func (b *builtinFunc) Marks() interp.Marks  { return 0 }

func (b *builtinFunc) Same(other interp.Callable) bool {
	o, ok := other.(*builtinFunc)
	return ok && o.f == b.f
}

func (b *builtinFunc) ParamNames() []string {
	names := make([]string, len(b.f.Params))
	for i, p := range b.f.Params {
		names[i] = p.Name
	}
	return names
}

func (b *builtinFunc) Variadic() bool { return b.f.Rest != "" }

func (b *builtinFunc) Port() (value.Value, error) {
	return &value.Func{Name: b.f.Qualified(), Builtin: b.f.Qualified()}, nil
}

// Call runs it with the script lock held, which its waits let go of.
func (b *builtinFunc) Call(ctx context.Context, args []value.Value, kwargs []value.Field) (v value.Value, err error) {
	t := &goThread{b.rt.host}
	a, err := interp.Match(b.f, t, args, kwargs)
	if err != nil {
		return nil, err
	}
	if b.f.Blocking {
		a.Unlocked(func() { v, err = b.f.Impl(ctx, a) })
		return v, err
	}
	return b.f.Impl(ctx, a)
}

// run is Call by a message: the lock is not held, and what is bound to its
// process is refused.
func (b *builtinFunc) run(ctx context.Context, args []value.Value, kwargs []value.Field) (value.Value, error) {
	if b.f.NoTarget != "" {
		return nil, value.Errorf(value.KindError, "%s cannot be called in another context: %s", b.f.Qualified(), b.f.NoTarget)
	}
	b.rt.host.Lock.Lock()
	defer b.rt.host.Lock.Unlock()
	return b.Call(ctx, args, kwargs)
}

// goThread is the thread of a builtin that no script called.
type goThread struct{ host *interp.Host }

func (t *goThread) Unlock() { t.host.Lock.Unlock() }
func (t *goThread) Lock()   { t.host.Lock.Lock() }

// Interp is Starlark where it is known: positions count from 0.
func (t *goThread) Interp() interp.Interp {
	in, _ := t.host.Interp("starlark")
	return in
}

func (t *goThread) Position() (string, int) { return "", 0 }
