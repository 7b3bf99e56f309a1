package files

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	unnamedFiles = true
	// parentFlags open a folder that need not be readable.
	parentFlags = unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
)

// openUnnamed makes a file without a name; errors.ErrUnsupported where there are none.
func openUnnamed(dir int) (int, error) {
	fd, err := retry(func() (int, error) { return unix.Openat(dir, ".", unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600) })
	switch {
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EISDIR), errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOENT):
		return -1, errors.ErrUnsupported
	}
	return fd, err
}

// linkUnnamed gives such a file a name, if nothing has it.
func linkUnnamed(fd, dir int, name string) error {
	return unix.Linkat(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(fd), dir, name, unix.AT_SYMLINK_FOLLOW)
}
