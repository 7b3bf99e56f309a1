package transport

import (
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// openPTY returns the master, in non-blocking mode so that closing it wakes its
// reader, and the slave, whose echo is off: replies must not come back as output.
func openPTY() (master, slave *os.File, err error) {
	m, slave, err := pty.Open()
	if err != nil {
		return nil, nil, ptyError(err)
	}
	defer m.Close()
	if err = echoOff(int(slave.Fd())); err == nil {
		master, err = pollable(m)
	}
	if err != nil {
		_ = slave.Close()
		return nil, nil, ptyError(err)
	}
	return master, slave, nil
}

func ptyError(err error) error {
	return value.Errorf(value.KindStream, "cannot create a pseudo-terminal: %w; the limit may have been reached "+
		"(sysctl kernel.pty.max on Linux, kern.tty.ptmx_max on macOS), or /dev/pts is not mounted; "+
		"ways to log in that ask for nothing (keys, no password) do not need one", err)
}

func echoOff(fd int) error {
	t, err := unix.IoctlGetTermios(fd, ioctlGetTermios)
	if err != nil {
		return err
	}
	t.Lflag &^= unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ECHONL
	return unix.IoctlSetTermios(fd, ioctlSetTermios, t)
}

// pollable gives a copy of f that goes through the runtime's poller: package pty
// has put f into blocking mode, where a read cannot be given up.
func pollable(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}
