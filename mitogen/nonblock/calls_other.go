//go:build unix && (!linux || race)

package nonblock

import "syscall"

func read(fd uintptr, b []byte) (int, syscall.Errno) { return call(syscall.Read, fd, b) }

func write(fd uintptr, b []byte) (int, syscall.Errno) { return call(syscall.Write, fd, b) }

// call is an ordinary one: elsewhere they go by the system's library, and the race
// detector knows what these order.
func call(fn func(fd int, b []byte) (int, error), fd uintptr, b []byte) (int, syscall.Errno) {
	for {
		switch n, err := fn(int(fd), b); err {
		case nil:
			return n, 0
		case syscall.EINTR:
		default:
			errno, _ := err.(syscall.Errno)
			return 0, errno
		}
	}
}
