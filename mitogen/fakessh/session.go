package fakessh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// session is one ssh of the program that was started.
type session struct {
	*end
	files [streams]descriptor
}

// serve does what an ssh asks for, and tells it the status.
func (r *runner) serve(ctx context.Context, conn *net.UnixConn) {
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	h, fds, err := readHello(conn)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err == nil && !r.folder.trusts(h.token) {
		err = value.Errorf(value.KindSecurity, "it does not know the token")
	}
	if errors.Is(err, io.EOF) { // it only looked whether anybody listens
		return
	}
	if err != nil {
		closeAll(fds)
		r.router.Log().Warn("ssh of a fakessh program refused", "reason", err)
		return
	}
	files, err := newDescriptors(fds)
	if err != nil {
		r.router.Log().Warn("ssh of a fakessh program refused", "reason", err)
		return
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() { // the ssh sends nothing more: its end is that of the session
		_, _ = conn.Read(make([]byte, 1))
		cancel(errClientGone)
	}()
	status := r.session(ctx, h, files)
	_, _ = conn.Write([]byte{byte(status)}) // it may be gone
}

var errClientGone = value.Errorf(value.KindCancelled, "the ssh has ended")

func newDescriptors(fds []int) (files [streams]descriptor, err error) {
	for i, fd := range fds {
		if files[i], err = newDescriptor(fd, i == stderr); err != nil {
			closeAll(fds[i:])
			for _, f := range files[:i] {
				f.Close()
			}
			return files, err
		}
	}
	return files, nil
}

// session runs the command of h in the context, and gives the status.
func (r *runner) session(ctx context.Context, h *hello, files [streams]descriptor) int {
	s := &session{files: files}
	defer func() {
		for _, f := range s.files {
			f.Close()
		}
	}()
	o := order{subsystem: h.subsystem, command: h.command, env: byteStrings(h.env)}
	err := s.open(ctx, r, o)
	if err == nil {
		defer s.release()
		err = s.run(ctx)
	}
	switch {
	case err == nil && s.status >= signalled: // for ssh it is a failure
		return Failed
	case err == nil:
		return int(s.status)
	case ctx.Err() == nil:
		s.complain(fmt.Sprintf("mitoscript: ssh: cannot run %s in context %s: %v\n", h.what(), r.destName(), err))
	}
	return Failed
}

// what names the command of h, for errors.
func (h *hello) what() string {
	if h.subsystem {
		return "the subsystem " + h.command
	}
	const longest = 60
	if len(h.command) > longest {
		return fmt.Sprintf("%.*q…", longest, h.command)
	}
	return fmt.Sprintf("%q", h.command)
}

// complain writes to the stderr of the ssh.
func (s *session) complain(text string) {
	_, _ = s.files[stderr].Write([]byte(text)) // nobody may read it
}

// open starts the command of o.
func (s *session) open(ctx context.Context, r *runner, o order) (err error) {
	if o.ticket, err = r.borrow(ctx); err != nil {
		return err
	}
	e, err := newEnd(r.router, r.dest)
	if err != nil {
		return err
	}
	o.handle = e.handle
	v, err := r.dest.CallService(ctx, serviceName, o.value())
	remote, ok := v.(int64)
	if err == nil && !ok {
		err = errMalformed
	}
	if err != nil {
		e.abandon()
		return err
	}
	e.connect(uint32(remote))
	s.end = e
	return nil
}

// run moves the data until the command has ended and all that it wrote is read.
func (s *session) run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		s.tell(kindClose, 0)
		s.fail(context.Cause(ctx))
		for _, f := range s.files {
			f.Finish(true)
			f.Close()
		}
	})
	defer stop()
	var input, output sync.WaitGroup
	input.Go(func() { s.pumpOut(stdin, s.files[stdin]) })
	go func() {
		select {
		case <-s.out[stdin].gone:
		case <-s.finished:
		}
		s.files[stdin].Finish(true)
	}()
	for i := byte(stdout); i < streams; i++ {
		output.Go(func() {
			_ = s.pumpIn(i, s.files[i]) // an error ends the session in its own way
			if i == stdout {
				s.files[i].Finish(false)
			}
		})
	}
	output.Wait()
	<-s.finished
	input.Wait()
	if s.failed != nil {
		return s.failed
	}
	if s.said != "" {
		s.complain(s.said)
	}
	return nil
}
