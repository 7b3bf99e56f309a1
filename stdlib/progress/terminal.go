package progress

import (
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// SinkOn gives the Sink that fits w: a Drawing for a terminal that can move its
// cursor, else Lines; nil for nil.
func SinkOn(w io.Writer) Sink {
	if w == nil {
		return nil
	}
	f, ok := w.(*os.File)
	if !ok || !IsTerminal(f) || os.Getenv("TERM") == "dumb" {
		return NewLines(w)
	}
	return NewDrawing(w, func() (int, int) { return size(f) }, Clock{
		Now:   time.Now,
		After: func(d time.Duration, fn func()) { time.AfterFunc(d, fn) },
	})
}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool {
	columns, _ := size(f)
	return columns >= 0
}

// size is that of the terminal f, negative if it is none.
func size(f *os.File) (columns, rows int) {
	columns, rows = -1, -1
	conn, err := f.SyscallConn()
	if err != nil {
		return columns, rows
	}
	_ = conn.Control(func(fd uintptr) {
		if s, err := unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ); err == nil {
			columns, rows = int(s.Col), int(s.Row)
		}
	})
	return columns, rows
}
