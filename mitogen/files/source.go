package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// openFlags never wait for who writes to a pipe, and make no terminal ours.
const openFlags = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_NOCTTY

// source is an open file or folder that is to be read.
type source struct {
	fd   int
	path string
	stat unix.Stat_t
}

// openSource opens what a copy begins with: links are followed.
func openSource(path string, recursive bool) (*source, error) {
	s, err := openAt(unix.AT_FDCWD, path, path, 0)
	if err != nil {
		return nil, err
	}
	if s.isDir() && !recursive {
		s.close()
		return nil, oserror.New("copy without recursive=True", path, syscall.EISDIR)
	}
	return s, nil
}

// openAt opens a file or a folder.
func openAt(dir int, name, path string, flags int) (*source, error) {
	fd, err := retry(func() (int, error) { return unix.Openat(dir, name, openFlags|flags, 0) })
	if errors.Is(err, unix.ENXIO) {
		return nil, errKind(path, "a socket or a device")
	}
	if err != nil {
		return nil, oserror.Wrap("read", path, err)
	}
	s := &source{fd: fd, path: path}
	if err := unix.Fstat(fd, &s.stat); err != nil {
		s.close()
		return nil, oserror.Wrap("read", path, err)
	}
	if kind := uint32(s.stat.Mode) & unix.S_IFMT; kind != unix.S_IFREG && kind != unix.S_IFDIR {
		s.close()
		return nil, errKind(path, kindName(kind))
	}
	return s, nil
}

func (s *source) close() { _ = unix.Close(s.fd) } // it was only read

func (s *source) isDir() bool { return uint32(s.stat.Mode)&unix.S_IFMT == unix.S_IFDIR }

// bits are its permissions, without those that give another's authority.
func (s *source) bits() uint32 { return uint32(s.stat.Mode) & 0o777 }

// sparse reports whether there are holes in it.
func (s *source) sparse() bool { return s.stat.Size > chunkSize && s.stat.Blocks*512 < s.stat.Size }

// unchanged is an Error if the file is not what it was when it was opened. size
// is how much was read; files that the kernel makes up do not know theirs.
func (s *source) unchanged(size int64) error {
	var now unix.Stat_t
	if err := unix.Fstat(s.fd, &now); err != nil {
		return oserror.Wrap("read", s.path, err)
	}
	was := &s.stat
	if now.Size == was.Size && now.Mtim == was.Mtim && (was.Blocks == 0 || size == was.Size) {
		return nil
	}
	return value.Errorf(value.KindOS, "cannot copy %s: it changed while it was read", oserror.Show(s.path)).
		With("errno", "EBUSY").With("path", s.path).With("op", "copy")
}

func errKind(path, kind string) error {
	return value.Errorf(value.KindOS, "cannot copy to or from %s: it is %s, not a file", oserror.Show(path), kind).
		With("errno", "EINVAL").With("path", path).With("op", "copy")
}

func kindName(format uint32) string {
	switch format {
	case unix.S_IFIFO:
		return "a pipe"
	case unix.S_IFSOCK:
		return "a socket"
	case unix.S_IFLNK:
		return "a link"
	case unix.S_IFDIR:
		return "a folder"
	}
	return "a device"
}

// totalSize is the size of all files in and below path.
func totalSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		if err != nil {
			return 0
		}
		return info.Size()
	}
	var total int64
	_ = filepath.WalkDir(path+"/", func(_ string, e fs.DirEntry, err error) error { // what cannot be read is told by the copy
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil
	})
	return total
}

// retry calls again what a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}
