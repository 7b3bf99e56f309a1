package nativessh

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
)

// However the end of a connection shows, it is called the same.
func TestTheEndOfAConnectionIsCalledTheSame(t *testing.T) {
	for _, err := range []error{
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
		&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)},
		&os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE},
		fmt.Errorf("ssh: handshake failed: %w", os.NewSyscallError("write", syscall.EPIPE)),
	} {
		if got := plain(err); got != "the server closed the connection" {
			t.Errorf("%v is called %q", err, got)
		}
	}
	if got := plain(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}); got != "connection refused" {
		t.Errorf("another error is called %q", got)
	}
}
