package sftp

import (
	"strings"

	"golang.org/x/sys/unix"
)

// extensions are those that the server has, with their versions.
var extensions = [][2]string{
	{"posix-rename@openssh.com", "1"}, {"statvfs@openssh.com", "2"}, {"fstatvfs@openssh.com", "2"},
	{"hardlink@openssh.com", "1"}, {"fsync@openssh.com", "1"}, {"lsetstat@openssh.com", "1"},
	{"limits@openssh.com", "1"}, {"expand-path@openssh.com", "1"},
}

func (s *server) hello() {
	s.out.b = append(s.out.b[:0], 0, 0, 0, 0, typeVersion)
	s.out.uint32(version)
	for _, e := range extensions {
		s.out.text(e[0])
		s.out.text(e[1])
	}
}

func (s *server) extended(id uint32, q *request) error {
	switch q.text() {
	case "posix-rename@openssh.com":
		return s.onPaths(q, unix.Rename)
	case "hardlink@openssh.com":
		return s.onPaths(q, unix.Link)
	case "lsetstat@openssh.com":
		return s.setstat(q, true)
	case "fsync@openssh.com":
		h, err := s.handle(q)
		if err != nil {
			return err
		}
		return h.control(unix.Fsync)
	case "statvfs@openssh.com":
		return s.onPath(q, func(path string) error {
			return s.statvfs(id, func(st *unix.Statfs_t) error { return unix.Statfs(path, st) })
		})
	case "fstatvfs@openssh.com":
		h, err := s.handle(q)
		if err != nil {
			return err
		}
		return h.control(func(fd int) error {
			return s.statvfs(id, func(st *unix.Statfs_t) error { return unix.Fstatfs(fd, st) })
		})
	case "limits@openssh.com":
		s.out.begin(typeExtendedReply, id)
		for _, n := range []uint64{maxPacket, maxData, maxData, maxHandles} {
			s.out.uint64(n)
		}
		return errAnswered
	case "expand-path@openssh.com":
		return s.expandPath(id, q)
	}
	return errUnsupported
}

// expandPath gives a path that may start with ~ or ~user.
func (s *server) expandPath(id uint32, q *request) error {
	path := q.text()
	if q.err != nil {
		return q.err
	}
	if !strings.HasPrefix(path, "~") {
		return s.realpath(id, s.absolute(path))
	}
	user, rest, _ := strings.Cut(path[1:], "/")
	dir := s.home
	if user != "" {
		var ok bool
		if dir, ok = s.names.home(user); !ok {
			return unix.ENOENT
		}
	}
	return s.realpath(id, dir+"/"+rest)
}

func (s *server) statvfs(id uint32, stat func(*unix.Statfs_t) error) error {
	var st unix.Statfs_t
	if err := stat(&st); err != nil {
		return err
	}
	block, fragment, nameLen := sizes(&st)
	s.out.begin(typeExtendedReply, id)
	for _, n := range []uint64{block, fragment, uint64(st.Blocks), uint64(st.Bfree), uint64(st.Bavail),
		uint64(st.Files), uint64(st.Ffree), uint64(st.Ffree), 0, 0, nameLen} {
		s.out.uint64(n)
	}
	return errAnswered
}
