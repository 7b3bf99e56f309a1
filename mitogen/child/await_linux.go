package child

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Await waits until the parent sends something, at most for d, and reports whether it
// may have. Nothing else runs on the goroutine's processor meanwhile: to the runtime
// this is no wait, so that its monitor does not fall asleep, to be woken by the next
// system call, nor are descriptors asked about which have nothing. For one short
// question after another that is a third of the processor time.
func (p *Process) Await(d time.Duration) (came bool) {
	conn, err := p.stdio.link.in.SyscallConn()
	if err != nil {
		return false
	}
	err = conn.Control(func(fd uintptr) {
		fds := unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
		left := unix.NsecToTimespec(int64(d))
		n, _, _ := syscall.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fds)), 1, uintptr(unsafe.Pointer(&left)), 0, 0, 0)
		came = n != 0 // or a signal came
	})
	return came && err == nil
}
