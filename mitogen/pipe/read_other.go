//go:build unix && !linux

package pipe

import "syscall"

// read is read(2) of a descriptor that does not block.
func read(fd uintptr, b []byte) (int, error) { return syscall.Read(int(fd), b) }
