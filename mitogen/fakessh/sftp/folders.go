package sftp

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// namesPerAnswer is how many names of a folder one answer has.
const namesPerAnswer = 100

func (s *server) mkdir(q *request) error {
	path := s.path(q)
	a := q.attrs()
	if q.err != nil {
		return q.err
	}
	return unix.Mkdir(path, a.createMode(0o777))
}

func (s *server) opendir(id uint32, q *request) error {
	path := s.path(q)
	if q.err != nil {
		return q.err
	}
	if len(s.handles) >= maxHandles {
		return unix.EMFILE
	}
	fd, err := retry(func() (int, error) { return unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return err
	}
	return s.newHandle(id, &handle{dir: os.NewFile(uintptr(fd), path), path: path})
}

func (s *server) readdir(id uint32, q *request) error {
	h, err := s.handle(q)
	if err != nil {
		return err
	}
	if h.dir == nil {
		return unix.ENOTDIR
	}
	var names []string
	if h.begun {
		if names, err = h.dir.Readdirnames(namesPerAnswer); len(names) == 0 {
			if err == nil {
				err = io.EOF
			}
			return err
		}
	} else {
		h.begun, names = true, []string{".", ".."}
	}
	s.out.begin(typeName, id)
	count := len(s.out.b)
	s.out.uint32(0)
	n := byte(0)
	for _, name := range names {
		var st unix.Stat_t
		if unix.Lstat(h.path+"/"+name, &st) != nil {
			continue // it went meanwhile
		}
		s.out.text(name)
		s.out.text(s.names.longName(name, &st))
		s.out.stat(&st)
		n++
	}
	s.out.b[count+3] = n
	return errAnswered
}

// longName is a line as of ls -l.
func (a *accounts) longName(name string, st *unix.Stat_t) string {
	sec, _ := st.Mtim.Unix()
	mtime := time.Unix(sec, 0)
	when := mtime.Format("Jan _2 15:04")
	if age := time.Since(mtime); age > 182*24*time.Hour || age < 0 {
		when = mtime.Format("Jan _2  2006")
	}
	return fmt.Sprintf("%s %3d %-8s %-8s %8d %s %s",
		modeText(uint32(st.Mode)), st.Nlink, a.user(st.Uid), a.group(st.Gid), st.Size, when, name)
}

// modeText is a mode as ls shows it.
func modeText(mode uint32) string {
	text := []byte("?rwxrwxrwx")
	for kind, letter := range map[uint32]byte{
		unix.S_IFREG: '-', unix.S_IFDIR: 'd', unix.S_IFLNK: 'l', unix.S_IFIFO: 'p', unix.S_IFSOCK: 's', unix.S_IFCHR: 'c', unix.S_IFBLK: 'b',
	} {
		if mode&unix.S_IFMT == kind {
			text[0] = letter
		}
	}
	for i := range 9 {
		if mode&(1<<(8-i)) == 0 {
			text[1+i] = '-'
		}
	}
	for i, set := range []uint32{unix.S_ISUID, unix.S_ISGID, unix.S_ISVTX} {
		if mode&set == 0 {
			continue
		}
		at := &text[3*(i+1)]
		letter := "sst"[i]
		if *at == '-' {
			letter -= 'a' - 'A'
		}
		*at = letter
	}
	return string(text)
}
