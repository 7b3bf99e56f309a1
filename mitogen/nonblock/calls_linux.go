//go:build !race

package nonblock

import (
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

func read(fd uintptr, b []byte) (int, syscall.Errno) { return call(syscall.SYS_READ, fd, b) }

func write(fd uintptr, b []byte) (int, syscall.Errno) { return call(syscall.SYS_WRITE, fd, b) }

// most is what the kernel takes at once, on every machine a positive number.
const most = 1 << 30

func call(number, fd uintptr, b []byte) (int, syscall.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	size := uintptr(min(len(b), most))
	for {
		var n uintptr
		var errno syscall.Errno
		if unseen() {
			n, _, errno = syscall.RawSyscall(number, fd, uintptr(unsafe.Pointer(&b[0])), size)
		} else {
			n, _, errno = syscall.Syscall(number, fd, uintptr(unsafe.Pointer(&b[0])), size)
		}
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// window is how long the monitor may be asleep while goroutines run.
const window = 10 * time.Millisecond

// wakes is set while a timer runs that ends the monitor's sleep.
var wakes atomic.Bool

// unseen reports whether a system call may be made that the monitor does not see. If
// not, the one that it sees now wakes it, and it sleeps no longer than the timer runs.
func unseen() bool {
	if wakes.Load() {
		return true
	}
	if wakes.CompareAndSwap(false, true) {
		time.AfterFunc(window, func() { wakes.Store(false) })
	}
	return false
}
