package sftp

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// The flags of an open.
const (
	openRead   = 1 << 0
	openWrite  = 1 << 1
	openAppend = 1 << 2
	openCreate = 1 << 3
	openTrunc  = 1 << 4
	openExcl   = 1 << 5
)

func (s *server) open(id uint32, q *request) error {
	path, flags := s.path(q), q.uint32()
	a := q.attrs()
	if q.err != nil {
		return q.err
	}
	if len(s.handles) >= maxHandles {
		return unix.EMFILE
	}
	// Not to wait for the other side of a named pipe: nobody could end that.
	mode := unix.O_CLOEXEC | unix.O_NONBLOCK
	switch flags & (openRead | openWrite) {
	case openRead | openWrite:
		mode |= unix.O_RDWR
	case openWrite:
		mode |= unix.O_WRONLY
	}
	for _, m := range []struct {
		flag uint32
		mode int
	}{{openAppend, unix.O_APPEND}, {openCreate, unix.O_CREAT}, {openTrunc, unix.O_TRUNC}, {openExcl, unix.O_EXCL}} {
		if flags&m.flag != 0 {
			mode |= m.mode
		}
	}
	fd, err := retry(func() (int, error) { return unix.Open(path, mode, a.createMode(0o666)) })
	if err != nil {
		return err
	}
	return s.newHandle(id, &handle{fd: fd, path: path, append: flags&openAppend != 0})
}

func (s *server) close(q *request) error {
	name := q.text()
	h := s.handles[name]
	if h == nil {
		return errors.New("no such handle")
	}
	delete(s.handles, name)
	return h.close()
}

func (s *server) read(id uint32, q *request) error {
	h, err := s.handle(q)
	if err != nil {
		return err
	}
	offset, size := q.uint64(), min(q.uint32(), maxData)
	if q.err != nil {
		return q.err
	}
	s.out.begin(typeData, id)
	start := len(s.out.b) + 4
	if cap(s.out.b) < start+int(size) {
		s.out.b = append(make([]byte, 0, maxPacket+4), s.out.b...)
	}
	buf := s.out.b[start : start+int(size)]
	n, err := h.readAt(buf, int64(offset))
	if err != nil {
		return err
	}
	s.out.uint32(uint32(n))
	s.out.b = s.out.b[:start+n]
	return errAnswered
}

func (s *server) write(q *request) error {
	h, err := s.handle(q)
	if err != nil {
		return err
	}
	offset, data := q.uint64(), q.bytes()
	if q.err != nil {
		return q.err
	}
	return h.write(data, int64(offset))
}

func (s *server) stat(id uint32, path string, stat func(string, *unix.Stat_t) error) error {
	var st unix.Stat_t
	if err := stat(path, &st); err != nil {
		return err
	}
	s.out.begin(typeAttrs, id)
	s.out.stat(&st)
	return errAnswered
}

func (s *server) fstat(id uint32, q *request) error {
	h, err := s.handle(q)
	if err != nil {
		return err
	}
	return h.control(func(fd int) error {
		return s.stat(id, "", func(_ string, st *unix.Stat_t) error { return unix.Fstat(fd, st) })
	})
}

func (s *server) setstat(q *request, noFollow bool) error {
	path := s.path(q)
	a := q.attrs()
	if q.err != nil {
		return q.err
	}
	return a.apply(path, noFollow)
}

func (s *server) fsetstat(q *request) error {
	h, err := s.handle(q)
	if err != nil {
		return err
	}
	a := q.attrs()
	if q.err != nil {
		return q.err
	}
	return h.control(func(fd int) error { return a.applyTo(fd) })
}

// rename does not replace what is there: that is posix-rename.
func rename(from, to string) error {
	var st unix.Stat_t
	if err := unix.Lstat(from, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFREG {
		switch err := unix.Link(from, to); err {
		case nil:
			return unix.Unlink(from)
		case unix.EOPNOTSUPP, unix.ENOSYS, unix.EPERM, unix.EXDEV, unix.EMLINK: // no links there
		default:
			return err
		}
	}
	if unix.Lstat(to, &st) == nil {
		return unix.EEXIST
	}
	return unix.Rename(from, to)
}

// realpath gives a path without links; its last part need not exist.
func (s *server) realpath(id uint32, path string) error {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, os.ErrNotExist) {
		dir, base := filepath.Split(filepath.Clean(path))
		if dir, err = filepath.EvalSymlinks(dir); err == nil {
			real = filepath.Join(dir, base)
		}
	}
	if err != nil {
		return err
	}
	return s.oneName(id, real)
}

func (s *server) readlink(id uint32, path string) error {
	target, err := os.Readlink(path)
	if err != nil {
		return err
	}
	return s.oneName(id, target)
}

// symlink: OpenSSH has the two paths the other way round than the draft.
func (s *server) symlink(q *request) error {
	target := q.text()
	return s.onPath(q, func(link string) error { return unix.Symlink(target, link) })
}

// oneName answers with a name, without attributes.
func (s *server) oneName(id uint32, name string) error {
	s.out.begin(typeName, id)
	s.out.uint32(1)
	s.out.text(name)
	s.out.text(name)
	s.out.uint32(0)
	return errAnswered
}
