package files

import (
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// tempPrefix begins the names of files that are not complete.
const tempPrefix = ".mitoscript-"

func tempName() string { return tempPrefix + rand.Text() }

// temp is a file that is being written.
type temp struct {
	dir  int
	fd   int
	name string // "" while it has none
}

// newTemp makes a file in dir: without a name, if the system can do that.
func newTemp(dir int, unnamed bool) (*temp, error) {
	if unnamed {
		fd, err := openUnnamed(dir)
		if err == nil {
			return &temp{dir: dir, fd: fd}, nil
		}
		if !errors.Is(err, errors.ErrUnsupported) {
			return nil, err
		}
	}
	removeStale(dir)
	t := &temp{dir: dir, name: tempName()}
	var err error
	t.fd, err = retry(func() (int, error) {
		return unix.Openat(dir, t.name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	})
	if err != nil {
		return nil, err
	}
	t.lock()
	return t, nil
}

// lock tells removeStale that somebody writes.
func (t *temp) lock() { _ = unix.Flock(t.fd, unix.LOCK_EX|unix.LOCK_NB) } // where there are no locks, nothing is removed

// close removes the file unless it was committed.
func (t *temp) close() {
	if t.name != "" {
		_ = unix.Unlinkat(t.dir, t.name, 0) // nothing better can be done
	}
	_ = unix.Close(t.fd) // what was committed is complete
}

func (t *temp) write(data []byte) error {
	for len(data) > 0 {
		n, err := retry(func() (int, error) { return unix.Write(t.fd, data) })
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// commit gives the file its mode and name, in place of a file or link that has it.
func (t *temp) commit(name, path string, mode uint32) error {
	if err := unix.Fchmod(t.fd, mode); err != nil {
		return err
	}
	if t.name == "" {
		err := linkUnnamed(t.fd, t.dir, name)
		if !errors.Is(err, unix.EEXIST) {
			return err
		}
	}
	old, err := replaceable(t.dir, name, path)
	if err != nil {
		return err
	}
	if old != nil && uint32(old.Mode)&unix.S_IFMT == unix.S_IFREG {
		// Its owner stays where that is allowed; a change of owner resets the mode.
		if unix.Fchown(t.fd, int(old.Uid), int(old.Gid)) == nil {
			if err := unix.Fchmod(t.fd, mode); err != nil {
				return err
			}
		}
	}
	if t.name == "" {
		tmp := tempName()
		t.lock()
		if err := linkUnnamed(t.fd, t.dir, tmp); err != nil {
			return err
		}
		t.name = tmp
	}
	if err := unix.Renameat(t.dir, t.name, t.dir, name); err != nil {
		return err
	}
	t.name = ""
	return nil
}

// replaceable says what has a name now, and whether a file may take its place.
func replaceable(dir int, name, path string) (*unix.Stat_t, error) {
	var st unix.Stat_t
	err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	switch kind := uint32(st.Mode) & unix.S_IFMT; kind {
	case unix.S_IFREG, unix.S_IFLNK:
		return &st, nil
	case unix.S_IFDIR:
		return nil, unix.EISDIR
	default:
		return nil, errKind(path, kindName(kind))
	}
}

// removeStale removes what transfers that were killed have left in dir.
func removeStale(dir int) {
	fd, err := unix.Openat(dir, ".", folderFlags, 0)
	if err != nil {
		return // it will stay
	}
	list := os.NewFile(uintptr(fd), ".")
	defer func() { _ = list.Close() }() // it was only read
	for {
		names, err := list.Readdirnames(batch)
		for _, name := range names {
			if strings.HasPrefix(name, tempPrefix) {
				removeUnlocked(dir, name)
			}
		}
		if err != nil {
			return
		}
	}
}

func removeUnlocked(dir int, name string) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer func() { _ = unix.Close(fd) }() // it was only read
	if unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) == nil {
		_ = unix.Unlinkat(dir, name, 0) // somebody else may have done it
	}
}

// canLink reports whether files without a name can get one.
func canLink() bool {
	var st syscall.Stat_t
	return unnamedFiles && syscall.Stat("/proc/self/fd", &st) == nil
}
