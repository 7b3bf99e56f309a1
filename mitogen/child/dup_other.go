//go:build unix && !linux

package child

import "golang.org/x/sys/unix"

// fionread asks how many bytes wait in a pipe: FIONREAD of the BSDs' sys/filio.h.
const fionread = 0x4004667f

func dup2(from, to int) error { return unix.Dup2(from, to) }
