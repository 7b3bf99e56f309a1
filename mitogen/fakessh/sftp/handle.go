package sftp

import (
	"errors"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// handle is an open file or folder. A file is its descriptor alone: as an os.File it
// would be offered to the runtime's poller, two system calls for each file.
type handle struct {
	fd     int
	dir    *os.File // of a folder, in place of fd
	path   string
	append bool
	begun  bool // of a folder: "." and ".." are told
}

func (s *server) newHandle(id uint32, h *handle) error {
	s.last++
	name := strconv.FormatUint(s.last, 36)
	s.handles[name] = h
	s.out.begin(typeHandle, id)
	s.out.text(name)
	return errAnswered
}

// handle is the one that a request names.
func (s *server) handle(q *request) (*handle, error) {
	name := q.bytes()
	if h := s.handles[string(name)]; h != nil {
		return h, nil
	}
	if q.err != nil {
		return nil, q.err
	}
	return nil, errors.New("no such handle")
}

func (h *handle) close() error {
	if h.dir != nil {
		return h.dir.Close()
	}
	return unix.Close(h.fd)
}

// readAt reads once: a client asks again for what is missing.
func (h *handle) readAt(b []byte, offset int64) (int, error) {
	if h.dir != nil {
		return 0, unix.EISDIR
	}
	n, err := retry(func() (int, error) { return unix.Pread(h.fd, b, offset) })
	if n == 0 && err == nil && len(b) > 0 {
		err = io.EOF
	}
	return max(n, 0), err
}

// write writes all of b at offset, or at the end of what is appended to.
func (h *handle) write(b []byte, offset int64) error {
	if h.dir != nil {
		return unix.EBADF
	}
	for {
		n, err := retry(func() (int, error) {
			if h.append {
				return unix.Write(h.fd, b)
			}
			return unix.Pwrite(h.fd, b, offset)
		})
		switch n = max(n, 0); {
		case err == unix.EAGAIN: // a named pipe, which is full
			if err := h.wait(); err != nil {
				return err
			}
		case err != nil:
			return err
		case n == len(b):
			return nil
		case n == 0:
			return io.ErrUnexpectedEOF
		}
		b, offset = b[n:], offset+int64(n)
	}
}

// wait returns when something can be written.
func (h *handle) wait() error {
	fds := []unix.PollFd{{Fd: int32(h.fd), Events: unix.POLLOUT}}
	_, err := retry(func() (int, error) { return unix.Poll(fds, -1) })
	return err
}

// control uses the descriptor, without making that of a folder blocking.
func (h *handle) control(fn func(fd int) error) error {
	if h.dir == nil {
		return fn(h.fd)
	}
	c, err := h.dir.SyscallConn()
	if err != nil {
		return err
	}
	if cerr := c.Control(func(fd uintptr) { err = fn(int(fd)) }); cerr != nil {
		return cerr
	}
	return err
}

// retry calls fn again when a signal came between.
func retry(fn func() (int, error)) (int, error) {
	for {
		n, err := fn()
		if err != unix.EINTR {
			return n, err
		}
	}
}
