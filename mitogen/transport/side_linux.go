package transport

import (
	"os"

	"golang.org/x/sys/unix"
)

// sideBuffer is what may be on its way, as in a pipe; the system bounds it.
const sideBuffer = 256 << 10

// sidePair gives two ends of a connection for bulk data. A pipe has one lock, which
// whoever copies into it holds against who copies out: through a socket twice as much
// goes, but each small message is slower.
func sidePair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	for _, fd := range fds {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sideBuffer) // it works with less
	}
	return os.NewFile(uintptr(fds[0]), "side"), os.NewFile(uintptr(fds[1]), "side"), nil
}
