package pipe

import (
	"syscall"
	"unsafe"
)

// shortRead is the most that is read without the scheduler being told, in bytes: it
// takes no longer than that would.
const shortRead = 64 << 10

// read is read(2) of a descriptor that does not block.
func read(fd uintptr, b []byte) (int, error) {
	if len(b) > shortRead {
		return syscall.Read(int(fd), b)
	}
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
