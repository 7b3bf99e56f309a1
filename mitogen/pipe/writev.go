//go:build linux || darwin

package pipe

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// mostPieces is how many pieces writev(2) takes: IOV_MAX of both systems.
const mostPieces = 1024

// WriteBuffers writes all pieces, with as few system calls as can be: the far side is
// not woken for the first, to find that the others are not there yet. The pieces stay
// as they are.
func (w *Writer) WriteBuffers(pieces net.Buffers) error {
	if w.raw == nil || len(pieces) == 1 {
		return writeEach(w.file, pieces)
	}
	left := append(w.left[:0], pieces...)
	defer func() { clear(w.left); w.left = w.left[:0] }()
	w.left = left
	var failed error
	err := w.raw.Write(func(fd uintptr) (done bool) {
		for len(left) > 0 {
			n, err := unix.Writev(int(fd), left[:min(len(left), mostPieces)])
			left = rest(left, n)
			switch err {
			case nil, syscall.EINTR:
			case syscall.EAGAIN:
				return false
			default:
				failed = err
				return true
			}
		}
		return true
	})
	if err == nil && failed != nil {
		return &net.OpError{Op: "write", Net: "pipe", Err: failed}
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
