//go:build !linux

package files

import (
	"errors"

	"golang.org/x/sys/unix"
)

const (
	unnamedFiles = false
	parentFlags  = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC
)

func openUnnamed(int) (int, error) { return -1, errors.ErrUnsupported }

func linkUnnamed(int, int, string) error { return errors.ErrUnsupported }
