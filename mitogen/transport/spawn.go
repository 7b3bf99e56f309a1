package transport

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// SpawnOptions are what a local process is given besides its argv. The zero
// value is our environment, no further files, and no log.
type SpawnOptions struct {
	// Env has "NAME=value" that are added to our environment, or replace parts of it.
	Env []string
	// OnlyEnv makes Env the whole environment.
	OnlyEnv bool
	// Argv0 is what the process sees as its own name; "" for the program's.
	Argv0 string
	// ExtraFiles are passed from descriptor 3 on (5 with AllTTY). They stay open here.
	ExtraFiles []*os.File
	// Bulk asks for a second way to the process, as its descriptor BulkFD, where there is
	// a better one than pipes, and not with AllTTY; then ExtraFiles follow it.
	Bulk bool
	// Log is told at debug level what the process prints besides its data: "NAME: line".
	Log *slog.Logger
	// Hide, if set, tells the lines that are not to be kept for Diagnostics.
	Hide func(line []byte) bool
}

// React is the method of Command.
type React func(line []byte, partial bool) (reply []byte, err error)

// Spawn starts a process whose stdin and stdout are the link, name being what
// the log calls it. react may be nil. Whoever gets the Process must Close or End
// it. The error is a StreamError, or tells that ctx has ended; ctx does not end
// the process later.
func Spawn(ctx context.Context, name string, argv []string, tty TTYMode, react React, o SpawnOptions) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, value.AsError(context.Cause(ctx))
	}
	if len(argv) == 0 {
		return nil, value.Errorf(value.KindValue, "%s: there is nothing to run", name)
	}
	pl, err := newPlumbing(tty, o.Bulk)
	if err != nil {
		return nil, err
	}
	defer pl.closeChilds()
	cmd := command(argv, o)
	pl.attach(cmd, o.ExtraFiles)
	if err := cmd.Start(); err != nil {
		pl.closeOurs()
		return nil, startError(argv, err)
	}
	p := newProcess(name, cmd, pl, react, o)
	if ctx.Err() != nil {
		_ = p.Kill()
		_ = p.Close()
		_ = p.Wait()
		return nil, value.AsError(context.Cause(ctx))
	}
	return p, nil
}

func command(argv []string, o SpawnOptions) *exec.Cmd {
	cmd := exec.Command(argv[0], argv[1:]...)
	if o.Argv0 != "" {
		cmd.Args[0] = o.Argv0
	}
	switch {
	case o.OnlyEnv:
		cmd.Env = append([]string{}, o.Env...)
	case len(o.Env) > 0:
		cmd.Env = append(os.Environ(), o.Env...)
	}
	return cmd
}

// startError tells what the system said and what was tried.
func startError(argv []string, err error) error {
	errno, ok := syscall.Errno(0), false
	if errors.Is(err, exec.ErrNotFound) {
		errno, ok = syscall.ENOENT, true
	} else {
		ok = errors.As(err, &errno)
	}
	said := slices.DeleteFunc(slices.Clone(argv), func(word string) bool { return word == titleRoom })
	cmdline := shorten(Quote(said...), 160)
	if !ok {
		return value.Errorf(value.KindStream, "Child start failed: %w. Command was: %s", err, cmdline)
	}
	text := errno.Error()
	e := value.Errorf(value.KindStream, "Child start failed: [Errno %d] %s. Command was: %s",
		int(errno), strings.ToUpper(text[:1])+text[1:], cmdline).With("errno", int64(errno))
	return withStartHint(e, errno)
}

func withStartHint(e *value.Error, errno syscall.Errno) *value.Error {
	if hint := startHint(errno); hint != "" {
		return e.With("hint", hint)
	}
	return e
}

// startHint is what helps against a program that does not start, "" for nothing.
func startHint(errno syscall.Errno) string {
	switch errno {
	case syscall.ENOENT:
		return "is it installed on the machine that runs it, and on PATH there? Parameters like ssh_path=, sudo_path= and docker_path= give its place"
	case syscall.EACCES, syscall.ENOEXEC:
		return "it is no program that this account may run: look at its mode, and at that of its folder"
	case syscall.EMFILE, syscall.ENFILE:
		return "raise the limit of open files (ulimit -n)"
	case syscall.EAGAIN, syscall.ENOMEM:
		return "there are too many processes, or too little memory: see ulimit -u and free"
	}
	return ""
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}
