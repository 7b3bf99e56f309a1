package fs

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// heldLocks keeps the locks that scripts took, so that one whose object a script
// forgot is not let go of by the garbage collector.
type heldLocks struct {
	mu    sync.Mutex
	locks map[*fileLock]struct{} // guarded by mu
}

// fileLock is the object that fs.lock returns.
type fileLock struct {
	path string
	held *heldLocks

	mu   sync.Mutex
	file *os.File // guarded by mu; nil once released
}

// The pause between two tries to take a lock: flock(2) itself cannot be
// interrupted by a context.
const (
	firstPause = 2 * time.Millisecond
	maxPause   = 100 * time.Millisecond
)

func (h *heldLocks) lock(ctx context.Context, p string, a *interp.Args) (value.Value, error) {
	timeout, limited, err := a.Timeout("timeout")
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(p, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, oserror.Wrap("lock", p, err)
	}
	if limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout,
			value.Errorf(value.KindTimeout, "cannot lock %s within %s: another process holds it", oserror.Show(p), timeout))
		defer cancel()
	}
	if err := waitLock(ctx, f); err != nil {
		_ = f.Close()
		return nil, oserror.Wrap("lock", p, err)
	}
	l := &fileLock{path: p, held: h, file: f}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.locks == nil {
		h.locks = map[*fileLock]struct{}{}
	}
	h.locks[l] = struct{}{}
	return l, nil
}

func waitLock(ctx context.Context, f *os.File) error {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

func (l *fileLock) release() error {
	l.mu.Lock()
	f := l.file
	l.file = nil
	l.mu.Unlock()
	l.held.mu.Lock()
	delete(l.held.locks, l)
	l.held.mu.Unlock()
	if f == nil {
		return nil
	}
	return oserror.Wrap("release the lock", l.path, f.Close())
}

// TypeName makes a lock an interp.Object.
func (l *fileLock) TypeName() string { return "Lock" }

// AttrNames lists the attributes of a lock.
func (l *fileLock) AttrNames() []string { return []string{"path", "release"} }

// Attr returns an attribute of a lock.
func (l *fileLock) Attr(name string) (value.Value, bool) {
	switch name {
	case "path":
		return l.path, true
	case "release":
		return &interp.Func{Name: "release", Doc: "Lets go of the lock; a second time does nothing.",
			Impl: func(context.Context, *interp.Args) (value.Value, error) { return nil, l.release() }}, true
	}
	return nil, false
}
