package proc

import (
	"os"

	"golang.org/x/sys/unix"
)

// noEcho keeps input out of the output of a terminal that nobody sits at.
func noEcho(tty *os.File) error {
	t, err := unix.IoctlGetTermios(int(tty.Fd()), getTermios)
	if err != nil {
		return err
	}
	t.Lflag &^= unix.ECHO
	return unix.IoctlSetTermios(int(tty.Fd()), setTermios, t)
}

func isTerminal(f *os.File) bool {
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	yes := false
	_ = conn.Control(func(fd uintptr) {
		_, err := unix.IoctlGetTermios(int(fd), getTermios)
		yes = err == nil
	})
	return yes
}
