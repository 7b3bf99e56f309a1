package fakessh

import (
	"context"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Command is what Exec runs. Dest and Line are required.
type Command struct {
	// Dest is the context in which it runs, in the home folder of the account.
	Dest *mitogen.Context
	// Line is for the shell there, which knows Args as "$@".
	Line string
	Args []string
	// Stdin is what it reads; nil for nothing.
	Stdin *os.File
	// Stdout and Stderr get what it prints, each on a goroutine of its own. What
	// cannot be written ends the stream, as a closed pipe does.
	Stdout, Stderr io.Writer
}

// Status is how a command ended.
type Status struct {
	// Code is its exit status, if it was no signal.
	Code int
	// Signal is what ended it; 0 for none.
	Signal syscall.Signal
}

// Exec runs a command in a context, and returns when it has ended and closed its
// outputs. The end of ctx ends it with all of its session. Errors are those of the
// way: a ChannelError if the context is lost, a TimeoutError or CancelledError.
func Exec(ctx context.Context, cmd Command) (Status, error) {
	s := &session{files: [streams]descriptor{stdin: nothing{}, stdout: sink{cmd.Stdout}, stderr: sink{cmd.Stderr}}}
	if cmd.Stdin != nil {
		in, err := duplicate(cmd.Stdin)
		if err != nil {
			return Status{}, value.Errorf(value.KindOS, "cannot read stdin: %w", err)
		}
		s.files[stdin] = in
	}
	defer s.files[stdin].Close()
	r := &runner{router: cmd.Dest.Router(), dest: cmd.Dest, caller: mitogen.CallMessage(ctx)}
	if err := s.open(ctx, r, order{command: cmd.Line, args: byteStrings(cmd.Args)}); err != nil {
		return Status{}, value.AsError(err)
	}
	defer s.release()
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		select {
		case err = <-done:
		case <-time.After(sessionGrace): // it hangs in a write
			err = context.Cause(ctx)
		}
	}
	if err != nil {
		return Status{}, value.AsError(err)
	}
	if s.status >= signalled {
		return Status{Signal: syscall.Signal(s.status - signalled)}, nil
	}
	return Status{Code: int(s.status)}, nil
}

func byteStrings(texts []string) value.List {
	list := make(value.List, len(texts))
	for i, t := range texts {
		list[i] = value.Bytes(t)
	}
	return list
}

// duplicate makes a descriptor of a file that stays open.
func duplicate(f *os.File) (descriptor, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	d, err := newDescriptor(fd, false)
	if err != nil {
		_ = unix.Close(fd)
	}
	return d, err
}

// nothing is what a command reads that has no input.
type nothing struct{}

func (nothing) Read([]byte) (int, error)    { return 0, io.EOF }
func (nothing) Write(b []byte) (int, error) { return len(b), nil }
func (nothing) Finish(bool)                 {}
func (nothing) Close()                      {}

// sink is where an output of a command goes.
type sink struct{ io.Writer }

func (sink) Read([]byte) (int, error) { return 0, io.EOF }
func (sink) Finish(bool)              {}
func (sink) Close()                   {}
