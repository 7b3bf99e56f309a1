package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// widen gives a pipe the room that mitoscript asks for; without it bulk takes twice as long.
func widen(pipe *os.File) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
}
