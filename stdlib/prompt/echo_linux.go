//go:build linux && !child

package prompt

import "golang.org/x/sys/unix"

// noEcho makes a terminal hide what is typed.
func noEcho(fd int) error {
	state, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	state.Lflag &^= unix.ECHO
	return unix.IoctlSetTermios(fd, unix.TCSETS, state)
}
