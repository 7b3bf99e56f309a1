package pipe

import (
	"io"
	"net"
	"os"
	"syscall"
)

// Writer writes to a pipe or a socket, which must not block. It is for one goroutine at
// a time; the file may be closed by another.
type Writer struct {
	file *os.File
	raw  syscall.RawConn // nil if there is none
	try  func(fd uintptr) bool

	// of the attempt that try makes
	buf []byte
	n   int
	err error

	left net.Buffers // of the pieces that WriteBuffers writes
}

// NewWriter returns a Writer to file.
func NewWriter(file *os.File) *Writer {
	w := &Writer{file: file}
	w.raw, _ = file.SyscallConn() // without it nothing is taken at once
	w.try = func(fd uintptr) bool {
		w.n, w.err = syscall.Write(int(fd), w.buf)
		return true // whatever came of it: the poller is not to wait
	}
	return w
}

// Write is that of the file.
func (w *Writer) Write(b []byte) (int, error) { return w.file.Write(b) }

// TryWrite writes what the pipe takes at once, which may be nothing. Why it took less
// than all is for Write to tell.
func (w *Writer) TryWrite(b []byte) int {
	if w.raw == nil {
		return 0
	}
	w.buf = b
	defer func() { w.buf = nil }()
	if w.raw.Write(w.try) != nil || w.err != nil {
		return 0
	}
	return w.n
}

// writeEach writes the pieces one after another.
func writeEach(to io.Writer, pieces net.Buffers) error {
	for _, b := range pieces {
		if _, err := to.Write(b); err != nil {
			return err
		}
	}
	return nil
}
