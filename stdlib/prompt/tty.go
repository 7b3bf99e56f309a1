//go:build !child

package prompt

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Open opens the terminal of this process.
func Open() (Terminal, error) { return OpenPath("/dev/tty") }

// OpenPath opens a terminal by its path.
func OpenPath(path string) (Terminal, error) {
	// Without O_NONBLOCK a read could not be ended.
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	var before *term.State
	err = control(f, func(fd int) (err error) { before, err = term.GetState(fd); return err })
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &tty{file: f, before: before}, nil
}

type tty struct {
	file   *os.File
	before *term.State
}

// control runs f on the descriptor, leaving it as it is (File.Fd would make it block).
func control(file *os.File, f func(fd int) error) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = conn.Control(func(fd uintptr) { inner = f(int(fd)) })
	return errors.Join(err, inner)
}

// Ask asks on the terminal.
func (t *tty) Ask(ctx context.Context, question string, hidden bool) (string, error) {
	stop := context.AfterFunc(ctx, func() { _ = t.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if !hidden {
		if _, err := io.WriteString(t.file, question); err != nil {
			return "", err
		}
		return t.line(ctx)
	}
	if err := control(t.file, noEcho); err != nil {
		return "", err
	}
	if _, err := io.WriteString(t.file, question); err != nil {
		return "", err
	}
	answer, err := t.line(ctx)
	_, _ = io.WriteString(t.file, "\n") // the one typed was not shown
	return answer, errors.Join(err, t.restore())
}

// line reads a line byte by byte: what follows is the next question's.
func (t *tty) line(ctx context.Context) (string, error) {
	var b strings.Builder
	var c [1]byte
	for {
		n, err := t.file.Read(c[:])
		switch {
		case n == 1 && c[0] == '\n':
			return strings.TrimSuffix(b.String(), "\r"), nil
		case n == 1:
			b.WriteByte(c[0])
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err == io.EOF && b.Len() > 0:
			return b.String(), nil
		case err == io.EOF:
			return "", errors.New("the input has ended")
		case err != nil:
			return "", err
		}
	}
}

func (t *tty) restore() error {
	return control(t.file, func(fd int) error { return term.Restore(fd, t.before) })
}

// Close puts the terminal back as it was.
func (t *tty) Close() error { return errors.Join(t.restore(), t.file.Close()) }
