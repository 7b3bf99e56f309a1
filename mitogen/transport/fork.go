package transport

import (
	"context"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Forker is the fastest way to a local child: this program, started afresh. Go
// cannot fork a running program, so after the first child a spare is kept that
// has started already and waits for its configuration on stdin. It is safe for
// concurrent use. Close must be called.
type Forker struct {
	// Path is the program; "" for this one.
	Path string
	// Args tell it that it is a child.
	Args  []string
	Spawn SpawnOptions

	background sync.WaitGroup // spares that are being started, or ended

	// guarded by mu
	mu      sync.Mutex
	spare   *spareChild
	warming bool // a spare is being started
	closed  bool
}

// spareChild is a child that nobody uses yet, with what it inherited when it
// was started: a fork has its parent's present environment and folder.
type spareChild struct {
	p   *Process
	env []string
	dir string
}

// Name is "fork.%d", for the process id.
func (f *Forker) Name() string { return "fork.%d" }

// Direct reports that no first stage is needed.
func (f *Forker) Direct() bool { return true }

// Open gives the spare if there is one that a new process would equal, else it
// starts one; boot is not used. The next spare is started in the background.
func (f *Forker) Open(ctx context.Context, _ []string) (Link, error) {
	if err := ctx.Err(); err != nil {
		return nil, value.AsError(context.Cause(ctx))
	}
	p, err := f.take()
	if err != nil {
		return nil, err
	}
	if p == nil {
		if p, err = startSelf(ctx, "fork", f.Path, f.Args, f.Spawn); err != nil {
			return nil, err
		}
	}
	f.warm()
	return p, nil
}

// take gives the spare, nil if there is none that will do.
func (f *Forker) take() (*Process, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, value.Errorf(value.KindStream, "cannot fork: shutting down")
	}
	s := f.spare
	f.spare = nil
	if s == nil {
		return nil, nil
	}
	if s.fresh() {
		return s.p, nil
	}
	f.background.Go(func() { _ = s.end() })
	return nil, nil
}

// fresh reports whether the spare lives and has inherited what holds now.
func (s *spareChild) fresh() bool {
	select {
	case <-s.p.Done():
		return false
	default:
	}
	dir, _ := os.Getwd()
	return dir == s.dir && slices.Equal(os.Environ(), s.env)
}

// end is quick: a spare has nothing to finish.
func (s *spareChild) end() error { return s.p.End(context.Background(), 100*time.Millisecond) }

// warm starts a spare in the background, unless one is there or on its way.
func (f *Forker) warm() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.spare != nil || f.warming {
		return
	}
	f.warming = true
	f.background.Go(f.startSpare)
}

// startSpare keeps no error: without a spare, the next child is started when asked for.
func (f *Forker) startSpare() {
	s := &spareChild{env: os.Environ()}
	s.dir, _ = os.Getwd()
	p, err := startSelf(context.Background(), "fork", f.Path, f.Args, f.Spawn)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.warming = false
	if err == nil {
		s.p = p
		f.spare = s
	}
}

// Close ends the spare, and with it the use of f. Children that were given out
// live on.
func (f *Forker) Close() error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.background.Wait()
	f.mu.Lock()
	s := f.spare
	f.spare = nil
	f.mu.Unlock()
	if s == nil {
		return nil
	}
	return s.end()
}
