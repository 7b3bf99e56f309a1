package starlark_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// TestCancel ends calls that compute, wait, or try to hold their own end.
func TestCancel(t *testing.T) {
	started := make(chan struct{}, 1)
	module := &interp.Module{Name: "t", Funcs: []*interp.Func{
		{Name: "started", Impl: func(context.Context, *interp.Args) (value.Value, error) { started <- struct{}{}; return nil, nil }},
		{Name: "wait", Blocking: true, Impl: func(ctx context.Context, _ *interp.Args) (value.Value, error) {
			started <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		}},
	}}
	for name, body := range map[string]string{
		"computing": "t.started()\n    while True: pass",
		"waiting":   "t.wait()",
		"holding":   "attempt(t.wait)\n    while True: attempt(t.wait)",
		"sorting":   "t.started()\n    sorted([1, 2], key=lambda x: [0 for y in range(1 << 40)])",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil, module)
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() {
				<-started
				cancel(value.Errorf(value.KindCancelled, "stop it"))
			}()
			_, err := w.run(ctx, "def f():\n    "+body+"\nf()\n")
			var e *value.Error
			if !errors.As(err, &e) || e.Kind != value.KindCancelled {
				t.Fatalf("err %v", err)
			}
			if name != "waiting" && name != "holding" && e.Message != "stop it" {
				t.Errorf("message %q", e.Message)
			}
			if len(e.Traceback) == 0 {
				t.Error("no traceback")
			}
		})
	}
}

func TestCallEndedContext(t *testing.T) {
	w := newWorld(t, nil)
	s, err := w.run(t.Context(), "def f(): return 1\n")
	if err != nil {
		t.Fatal(err)
	}
	f, _ := s.Global("f")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.Lock.Lock()
	defer w.Lock.Unlock()
	if _, err := f.Call(ctx, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("err %v", err)
	}
	if v, err := f.Call(t.Context(), nil, nil); err != nil || v != int64(1) {
		t.Errorf("%v %v", v, err)
	}
}

// TestSideBySide runs calls that wait beside each other: none may see another's
// thread, and none may be on a thread of a call that has let go of the lock.
func TestSideBySide(t *testing.T) {
	var where sync.Map
	w := newWorld(t, nil, &interp.Module{Name: "t", Funcs: []*interp.Func{{
		Name: "pause", Params: []interp.Param{{Name: "name"}},
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			a.Unlocked(func() {})
			file, line := a.Thread.Position()
			where.Store(file, line)
			return a.Value("name"), nil
		},
	}}})
	s, err := w.run(t.Context(), "log = []\ndef f(name):\n    for i in range(50):\n        if t.pause(name) != name: fail('mixed up')\n        log.append(i)\n    return len(log)\n")
	if err != nil {
		t.Fatal(err)
	}
	f, _ := s.Global("f")
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d"} {
		wg.Go(func() {
			w.Lock.Do(func() {
				if _, err := f.Call(t.Context(), []value.Value{name}, nil); err != nil {
					t.Error(err)
				}
			})
		})
	}
	wg.Wait()
	if line, _ := where.Load("x.star"); line != 4 {
		t.Errorf("called from line %v", line)
	}
}

// TestStaleContext calls with the context of a thread that is elsewhere.
func TestStaleContext(t *testing.T) {
	var kept context.Context
	var lock *interp.Lock
	w := newWorld(t, nil, &interp.Module{Name: "t", Funcs: []*interp.Func{{
		Name: "aside", Params: []interp.Param{{Name: "fn"}},
		Impl: func(ctx context.Context, a *interp.Args) (v value.Value, err error) {
			kept = ctx
			fn, _, _ := a.Callable("fn")
			done := make(chan struct{})
			go func() {
				defer close(done)
				lock.Do(func() { v, err = fn.Call(ctx, nil, nil) })
			}()
			a.Unlocked(func() { <-done })
			return v, err
		},
	}}})
	lock = &w.Lock
	s, err := w.run(t.Context(), "def f(): return 1\ndef g(): fail('inside')\nt.aside(f)\nprint(attempt(t.aside, g).error.traceback)\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := w.out.String(); got != `["x.star:4: in <toplevel>", "x.star:2: in g"]`+"\n" {
		t.Errorf("traceback %s", got)
	}
	f, _ := s.Global("f")
	w.Lock.Do(func() {
		if v, err := f.Call(kept, nil, nil); err != nil || v != int64(1) {
			t.Errorf("%v %v", v, err)
		}
	})
}

// TestLoadOnce loads a module from two threads while its top level waits.
func TestLoadOnce(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	w := newWorld(t, map[string]string{"lib/slow.star": "t.wait()\nx = [1]\n"}, &interp.Module{Name: "t", Funcs: []*interp.Func{{
		Name: "wait", Blocking: true, Impl: func(context.Context, *interp.Args) (value.Value, error) {
			close(entered) // a second time would panic
			<-release
			return nil, nil
		},
	}}})
	var wg sync.WaitGroup
	load := func() {
		if _, err := w.run(t.Context(), "load('lib/slow.star', 'x')\nprint(x)\n"); err != nil {
			t.Error(err)
		}
	}
	wg.Go(load)
	<-entered
	wg.Go(load)
	close(release)
	wg.Wait()
	if got := w.out.String(); got != "[1]\n[1]\n" {
		t.Errorf("out %q", got)
	}
	if _, err := w.run(t.Context(), "load('lib/slow.star', 'x')\nx.append(2)\n"); err == nil || !strings.Contains(err.Error(), "frozen") {
		t.Errorf("err %v", err)
	}
}
