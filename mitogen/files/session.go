package files

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// abortGrace is how long the far side may take to give up.
const abortGrace = 5 * time.Second

// session is the caller's end of a transfer.
type session struct {
	*pipe
	cancel context.CancelFunc
	done   chan struct{} // closed when there is an answer
	result error         // the answer, once done is closed
}

// open asks a service of c for a transfer.
func open(ctx context.Context, c *mitogen.Context, service string, q request) (*session, error) {
	if c.ID() == c.Router().ID() {
		return nil, value.Errorf(value.KindError, "cannot copy to or from the context that runs this")
	}
	p, err := newPipe(c, 0)
	if err != nil {
		return nil, err
	}
	q.handle = int64(p.own)
	s := &session{pipe: p, done: make(chan struct{})}
	ctx, s.cancel = context.WithCancel(ctx)
	go func() {
		defer close(s.done)
		if _, s.result = c.CallService(ctx, service, q.value()); s.result == nil {
			p.fail(io.EOF)
		} else {
			p.fail(s.result)
		}
	}()
	return s, nil
}

// end ends the transfer with what became of this side, and gives what became of
// the whole.
func (s *session) end(err error) error {
	if err != nil {
		s.abort()
		grace := time.AfterFunc(abortGrace, s.cancel)
		defer grace.Stop()
	}
	<-s.done
	s.cancel()
	s.close()
	switch {
	case err != nil && !errors.Is(err, s.broken()):
		return err // the far side's is but its consequence
	case s.result != nil:
		return s.far(s.result)
	case err == io.EOF:
		return errShort
	}
	return s.far(err)
}

// far says of an error of the other side, or of the way to it, whose it is.
func (s *session) far(err error) error {
	var e *value.Error
	if !errors.As(err, &e) {
		return err
	}
	about := *e
	about.Context = s.peer.Name()
	if !e.IsA(value.KindChannel) {
		about.Message = s.peer.Name() + ": " + e.Message
	}
	return &about
}
