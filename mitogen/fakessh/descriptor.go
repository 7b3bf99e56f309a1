package fakessh

import (
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/nonblock"
)

// descriptor is one that an ssh got from the program that started it. Others may
// have the same open file: what is changed of it is put back. Its methods may be
// called on any goroutine; Close and Finish make Read and Write return.
type descriptor interface {
	io.Reader
	io.Writer
	// Finish ends one direction: nobody reads here, or writes, any more.
	Finish(read bool)
	Close()
}

// newDescriptor takes over fd. A shared one, stderr, is never made non-blocking.
func newDescriptor(fd int, shared bool) (descriptor, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	kind := st.Mode & unix.S_IFMT
	if kind != unix.S_IFIFO && kind != unix.S_IFSOCK && kind != unix.S_IFCHR {
		return &plain{f: os.NewFile(uintptr(fd), "file")}, nil
	}
	if shared || kind == unix.S_IFCHR {
		return newWatched(fd)
	}
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "pipe")
	return &pipe{Conn: nonblock.New(f), f: f, socket: kind == unix.S_IFSOCK, blocking: flags&unix.O_NONBLOCK == 0}, nil
}

// plain is a file, which never blocks for long.
type plain struct{ f *os.File }

func (d *plain) Read(b []byte) (int, error)  { return d.f.Read(b) }
func (d *plain) Write(b []byte) (int, error) { return d.f.Write(b) }
func (d *plain) Finish(bool)                 {}
func (d *plain) Close()                      { _ = d.f.Close() }

// pipe is a pipe or a socket, non-blocking meanwhile, as ssh makes its own.
type pipe struct {
	*nonblock.Conn
	f                *os.File
	socket, blocking bool
	once             sync.Once
}

// Finish shuts a socket, which may be both descriptors 0 and 1, in one direction.
func (d *pipe) Finish(read bool) {
	if !d.socket {
		d.Close()
		return
	}
	how := unix.SHUT_WR
	if read {
		how = unix.SHUT_RD
	}
	d.control(func(fd int) { _ = unix.Shutdown(fd, how) }) // the other side may have closed it
}

func (d *pipe) Close() {
	d.once.Do(func() {
		if d.blocking {
			d.control(func(fd int) { _ = unix.SetNonblock(fd, false) })
		}
		_ = d.f.Close()
	})
}

func (d *pipe) control(fn func(fd int)) {
	if c, err := d.f.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { fn(int(fd)) }) // it may be closed
	}
}

// watched is a terminal, another device, or an open file that must stay as it is.
type watched struct {
	fd   int
	wake [2]*os.File

	mu     sync.Mutex // held while fd is used
	closed bool
	once   sync.Once
}

// safeWrite is as much as a pipe takes at once that is ready for writing, in bytes.
const safeWrite = 512

func newWatched(fd int) (*watched, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &watched{fd: fd, wake: [2]*os.File{r, w}}, nil
}

func (d *watched) Read(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.wait(unix.POLLIN); err != nil {
		return 0, err
	}
	n, err := unix.Read(d.fd, b)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}

func (d *watched) Write(b []byte) (n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n < len(b) {
		if err := d.wait(unix.POLLOUT); err != nil {
			return n, err
		}
		m, err := unix.Write(d.fd, b[n:min(len(b), n+safeWrite)])
		if err != nil && err != unix.EAGAIN && err != unix.EINTR {
			return n, err
		}
		n += max(m, 0)
	}
	return n, nil
}

// wait returns when fd is ready, or an error when the descriptor is being closed.
func (d *watched) wait(events int16) error {
	if d.closed {
		return os.ErrClosed
	}
	for {
		fds := []unix.PollFd{{Fd: int32(d.fd), Events: events}, {Fd: int32(d.wake[0].Fd()), Events: unix.POLLIN}}
		_, err := unix.Poll(fds, -1)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case fds[1].Revents != 0:
			return os.ErrClosed
		case fds[0].Revents != 0:
			return nil
		}
	}
}

func (d *watched) Finish(bool) { d.Close() }

func (d *watched) Close() {
	d.once.Do(func() {
		_ = d.wake[1].Close()
		go func() { // whoever uses it goes first
			d.mu.Lock()
			defer d.mu.Unlock()
			d.closed = true
			_ = unix.Close(d.fd)
			_ = d.wake[0].Close()
		}()
	})
}
