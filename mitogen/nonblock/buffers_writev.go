//go:build linux || darwin

package nonblock

import (
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// mostPieces is how many pieces writev(2) takes: IOV_MAX of both systems.
const mostPieces = 1024

// WriteBuffers writes all pieces, with as few system calls as can be: the far side is
// not woken for the first, to find that the others are not there yet. The list of
// pieces is used up.
func (c *Conn) WriteBuffers(pieces net.Buffers) error {
	if c.err != nil {
		return c.err
	}
	t := &c.write
	t.mu.Lock()
	defer t.mu.Unlock()
	var errno error
	err := c.ended(t.wait(func(fd uintptr) bool {
		for len(pieces) > 0 {
			var n int
			n, errno = unix.Writev(int(fd), pieces[:min(len(pieces), mostPieces)])
			switch pieces = rest(pieces, n); errno {
			case nil, syscall.EINTR:
			default:
				return errno != syscall.EAGAIN
			}
		}
		return true
	}))
	if err == nil {
		err = os.NewSyscallError("writev", errno)
	}
	return err
}

// rest is what is left of pieces behind n bytes.
func rest(pieces net.Buffers, n int) net.Buffers {
	for len(pieces) > 0 && n >= len(pieces[0]) {
		n -= len(pieces[0])
		pieces = pieces[1:]
	}
	if n > 0 {
		pieces[0] = pieces[0][n:]
	}
	return pieces
}
