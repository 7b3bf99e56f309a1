package fakessh

import (
	"os"

	"golang.org/x/sys/unix"
)

// pipeSize is that of the pipes of a command, in bytes: fewer, larger steps.
const pipeSize = 256 << 10

// widen asks for a larger buffer. Where it is refused, the pipe works all the same.
func widen(f *os.File) {
	if c, err := f.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize) })
	}
}
