package sftp

import (
	"bufio"
	"errors"
	"io"
	"io/fs"

	"golang.org/x/sys/unix"
)

// maxHandles bounds the files that a client has open.
const maxHandles = 1 << 10

// buffered is how many bytes of small packets are read or written at once; longer
// ones are not copied.
const buffered = 32 << 10

// server serves one client, one request after another.
type server struct {
	home    string
	w       *bufio.Writer
	out     answer
	handles map[string]*handle
	last    uint64 // handle given out
	names   accounts
}

// Serve answers the requests in r on w until r ends. Relative paths start at home.
func Serve(r io.Reader, w io.Writer, home string) error {
	s := &server{home: home, w: bufio.NewWriterSize(w, buffered), handles: map[string]*handle{}}
	defer s.closeAll()
	in := bufio.NewReaderSize(r, buffered)
	var buf []byte
	for {
		if in.Buffered() == 0 { // nobody knows when the next request comes
			if err := s.w.Flush(); err != nil {
				return err
			}
		}
		var err error
		if buf, err = readPacket(in, buf); err != nil {
			if err == io.EOF {
				return s.w.Flush()
			}
			return err
		}
		if err := s.serve(&request{b: buf}); err != nil {
			return err
		}
	}
}

func (s *server) closeAll() {
	for _, h := range s.handles {
		_ = h.close() // what was written was answered already
	}
}

// serve answers a request. An error is one of the connection.
func (s *server) serve(q *request) error {
	kind := q.byte()
	if kind == typeInit {
		s.hello()
		return s.send()
	}
	id := q.uint32()
	if q.err != nil {
		return q.err
	}
	err := s.do(kind, id, q)
	if err == nil {
		err = q.err
	}
	if err != errAnswered {
		s.status(id, err)
	}
	return s.send()
}

func (s *server) send() error {
	_, err := s.w.Write(s.out.packet())
	return err
}

// errAnswered says that the answer is more than a status.
var errAnswered = errors.New("answered")

var errUnsupported = errors.New("operation unsupported")

// do does what a request asks for. It returns errAnswered, or what becomes a status.
func (s *server) do(kind byte, id uint32, q *request) error {
	switch kind {
	case typeOpen:
		return s.open(id, q)
	case typeClose:
		return s.close(q)
	case typeRead:
		return s.read(id, q)
	case typeWrite:
		return s.write(q)
	case typeStat:
		return s.onPath(q, func(path string) error { return s.stat(id, path, unix.Stat) })
	case typeLstat:
		return s.onPath(q, func(path string) error { return s.stat(id, path, unix.Lstat) })
	case typeFstat:
		return s.fstat(id, q)
	case typeSetstat:
		return s.setstat(q, false)
	case typeFsetstat:
		return s.fsetstat(q)
	case typeOpendir:
		return s.opendir(id, q)
	case typeReaddir:
		return s.readdir(id, q)
	case typeRemove:
		return s.onPath(q, unix.Unlink)
	case typeMkdir:
		return s.mkdir(q)
	case typeRmdir:
		return s.onPath(q, unix.Rmdir)
	case typeRealpath:
		return s.onPath(q, func(path string) error { return s.realpath(id, path) })
	case typeRename:
		return s.onPaths(q, rename)
	case typeReadlink:
		return s.onPath(q, func(path string) error { return s.readlink(id, path) })
	case typeSymlink:
		return s.symlink(q)
	case typeExtended:
		return s.extended(id, q)
	}
	return errUnsupported
}

// path is a path of the request.
func (s *server) path(q *request) string { return s.absolute(q.text()) }

// onPath does something with the path of a request, if the request has one.
func (s *server) onPath(q *request, do func(path string) error) error {
	path := s.path(q)
	if q.err != nil {
		return q.err
	}
	return do(path)
}

// onPaths is onPath for two.
func (s *server) onPaths(q *request, do func(from, to string) error) error {
	from := s.path(q)
	return s.onPath(q, func(to string) error { return do(from, to) })
}

func (s *server) absolute(p string) string {
	switch {
	case p == "":
		return s.home
	case p[0] == '/':
		return p
	}
	return s.home + "/" + p // not cleaned: a part may be a link
}

// The codes of a status.
const (
	statusOK          = 0
	statusEOF         = 1
	statusNoFile      = 2
	statusDenied      = 3
	statusFailure     = 4
	statusBadMessage  = 5
	statusUnsupported = 8
)

func (s *server) status(id uint32, err error) {
	code, text := uint32(statusFailure), "Success"
	if err != nil {
		text = err.Error()
	}
	switch {
	case err == nil:
		code = statusOK
	case err == io.EOF:
		code, text = statusEOF, "End of file"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ELOOP):
		code = statusNoFile
	case errors.Is(err, fs.ErrPermission):
		code = statusDenied
	case err == errShort:
		code = statusBadMessage
	case err == errUnsupported:
		code = statusUnsupported
	}
	s.out.begin(typeStatus, id)
	s.out.uint32(code)
	s.out.text(text)
	s.out.text("") // the language
}
