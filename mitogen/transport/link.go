package transport

import (
	"context"
	"time"
)

// Hinter is a Transport that knows why a far side may end without a word.
type Hinter interface {
	// Hint is to end the text of an EofError.
	Hint() string
}

// Compressor is a Transport whose link may be worth compressing. Both ends do it
// above the link, once they have shaken hands: its own bytes are not compressed.
type Compressor interface {
	// Compress reports whether they are to.
	Compress() bool
}

// Installer is a Transport that can put a program on a target without a shell.
// It is asked when the first stage could not be started: when its process ended
// with status 126 or 127 before a marker came.
type Installer interface {
	// Platform gives the target's system and architecture, in Go's names.
	Platform(ctx context.Context) (goos, goarch string, err error)
	// OpenBinary copies the program to the target and starts it with the arguments.
	OpenBinary(ctx context.Context, program []byte, args []string) (Link, error)
}

// Ready tells the link that the far side is up: from now on its output is kept
// for Diagnostics only, and nothing that it prints is taken for a question.
func Ready(l Link) {
	if p, ok := l.(interface{ Ready() }); ok {
		p.Ready()
	}
}

// Detach closes the link and leaves the far side alone, which is to outlive it.
func Detach(l Link) error {
	if p, ok := l.(interface{ Detach() error }); ok {
		return p.Detach()
	}
	return l.Close()
}

// End ends the far side in good order and closes the link: its stdin is closed;
// a process that is still there after the grace is sent SIGTERM, and a second
// later SIGKILL, as at once when ctx ends. The error tells of one that is left.
func End(ctx context.Context, l Link, grace time.Duration) error {
	if p, ok := l.(interface {
		End(context.Context, time.Duration) error
	}); ok {
		return p.End(ctx, grace)
	}
	_ = l.CloseWrite()
	ended := make(chan struct{})
	go func() { _ = l.Wait(); close(ended) }()
	if !waitFor(ctx, ended, grace) {
		_ = l.Kill()
	}
	err := l.Close()
	<-ended
	return err
}

// waitFor reports whether done was closed before the time, or ctx, ended.
func waitFor(ctx context.Context, done <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
	case <-ctx.Done():
	}
	select {
	case <-done:
		return true
	default:
		return false
	}
}
