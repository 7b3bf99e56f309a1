// Package nonblock reads and writes descriptors that never block, at less cost than
// the packages os and net do.
//
// When a process waits, the monitor of Go's runtime falls asleep, and the next system
// call that might block wakes it: a thread runs, looks, and sleeps again. For a
// process that hands small messages on this is a third of its processor time. System
// calls that cannot block need no monitor; only where goroutines compute afterwards
// it has to see that. So it is woken once in a while.
package nonblock

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
)

// Conn is a pipe or a socket, which os or net have made non-blocking.
type Conn struct {
	raw         syscall.RawConn
	err         error // why there is no raw
	file        bool  // it is an *os.File
	read, write transfer
}

// transfer is one direction.
type transfer struct {
	mu    sync.Mutex // held by whoever reads, or writes
	b     []byte
	n     int
	errno syscall.Errno
	wait  func(try func(fd uintptr) bool) error
	try   func(fd uintptr) bool // once more; false to wait again
	once  func(fd uintptr)      // one attempt
}

// New takes a file or a connection, which stays open for its own methods.
func New(of syscall.Conn) *Conn {
	c := &Conn{}
	_, c.file = of.(*os.File)
	c.raw, c.err = of.SyscallConn()
	if c.err == nil {
		c.read.wait, c.read.try = c.raw.Read, c.read.readOnce
		c.write.wait, c.write.try = c.raw.Write, c.write.writeAll
		// made here, as each would be a piece of memory at each call
		c.read.once = func(fd uintptr) { c.read.n, c.read.errno = read(fd, c.read.b) }
		c.write.once = func(fd uintptr) { c.write.n, c.write.errno = write(fd, c.write.b) }
	}
	return c
}

// Read reads what there is, and waits if there is nothing.
func (c *Conn) Read(b []byte) (int, error) {
	if c.err != nil || len(b) == 0 {
		return 0, c.err
	}
	n, err := c.do(&c.read, b, "read")
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// Write writes all of b.
func (c *Conn) Write(b []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	return c.do(&c.write, b, "write")
}

// TryWrite writes what can be written without waiting. An error is left to the next
// Write.
func (c *Conn) TryWrite(b []byte) int {
	n, _ := c.attempt(&c.write, b)
	return n
}

// tryRead reads what can be read without waiting.
func (c *Conn) tryRead(b []byte) (int, syscall.Errno) { return c.attempt(&c.read, b) }

// attempt gives 0 bytes and an errno if nothing can be moved; of a file that is closed,
// or that others use, that is 0.
func (c *Conn) attempt(t *transfer, b []byte) (int, syscall.Errno) {
	if c.err != nil || len(b) == 0 || !t.mu.TryLock() {
		return 0, 0
	}
	defer t.mu.Unlock()
	t.b, t.n, t.errno = b, 0, 0
	_ = c.raw.Control(t.once) // it may be closed
	t.b = nil
	return t.n, t.errno
}

func (c *Conn) do(t *transfer, b []byte, name string) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b, t.n, t.errno = b, 0, 0
	err := c.ended(t.wait(t.try))
	t.b = nil
	if err == nil && t.errno != 0 {
		err = os.NewSyscallError(name, t.errno)
	}
	return t.n, err
}

// ended is the error of waiting: of a file that was closed package os says it by an
// error that only Read and Write make os.ErrClosed.
func (c *Conn) ended(err error) error {
	if err != nil && c.file && !errors.Is(err, os.ErrDeadlineExceeded) {
		return os.ErrClosed
	}
	return err
}

func (t *transfer) readOnce(fd uintptr) bool {
	t.n, t.errno = read(fd, t.b)
	return t.errno != syscall.EAGAIN
}

func (t *transfer) writeAll(fd uintptr) bool {
	for t.n < len(t.b) {
		var n int
		n, t.errno = write(fd, t.b[t.n:])
		if t.n += n; t.errno != 0 {
			return t.errno != syscall.EAGAIN
		}
	}
	return true
}
