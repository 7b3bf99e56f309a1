package files

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// sender reads files into a pipe.
type sender struct {
	*pipe
	ctx   context.Context
	mode  func(old uint32) uint32 // of files; nil keeps theirs
	meter meter
	sum   uint32 // of the file at hand
	depth int
}

// run sends root and all that is in it. announce sends its size ahead.
func (s *sender) run(root *source, announce bool) error {
	if announce {
		if err := s.write(s.ctx, binary.BigEndian.AppendUint64([]byte{recTotal}, uint64(totalSize(root.path)))); err != nil {
			return err
		}
	}
	if err := s.entry(root, ""); err != nil {
		return err
	}
	if err := s.writeRecord(s.ctx, recEnd); err != nil {
		return err
	}
	return s.flush(s.ctx)
}

func (s *sender) entry(f *source, name string) error {
	if f.isDir() {
		return s.folder(f, name)
	}
	mode := f.bits()
	if s.mode != nil {
		mode = s.mode(mode)
	}
	if err := s.head(recFile, name, mode); err != nil {
		return err
	}
	return s.content(f)
}

func (s *sender) head(letter byte, name string, mode uint32) error {
	if err := s.writeRecord(s.ctx, letter, name); err != nil {
		return err
	}
	return s.writeUint32(s.ctx, mode)
}

// content sends the segments of a file.
func (s *sender) content(f *source) error {
	s.sum = 0
	size, err := s.segments(f)
	if err != nil {
		return err
	}
	if err := f.unchanged(size); err != nil {
		return err
	}
	if err := s.hashed(binary.BigEndian.AppendUint32(nil, 0)); err != nil {
		return err
	}
	return s.writeUint32(s.ctx, s.sum)
}

func (s *sender) hashed(data []byte) error {
	s.sum = crc32.Update(s.sum, castagnoli, data)
	return s.write(s.ctx, data)
}

func (s *sender) segments(f *source) (size int64, err error) {
	if !f.sparse() {
		return s.span(f, 1<<63-1)
	}
	for size < f.stat.Size {
		next, err := unix.Seek(f.fd, size, unix.SEEK_DATA)
		if err == unix.ENXIO {
			next = f.stat.Size // a hole up to the end
		} else if err != nil { // this file system cannot tell
			if _, err := unix.Seek(f.fd, size, io.SeekStart); err != nil {
				return size, oserror.Wrap("read", f.path, err)
			}
			n, err := s.span(f, 1<<63-1)
			return size + n, err
		}
		if next > size {
			if err := s.gap(next - size); err != nil {
				return size, err
			}
			size = next
			continue
		}
		end, err := unix.Seek(f.fd, size, unix.SEEK_HOLE)
		if err == nil {
			_, err = unix.Seek(f.fd, size, io.SeekStart)
		}
		if err != nil {
			return size, oserror.Wrap("read", f.path, err)
		}
		n, err := s.span(f, end-size)
		if size += n; err != nil || n == 0 {
			return size, err
		}
	}
	return size, nil
}

func (s *sender) gap(n int64) error {
	s.meter.add(n)
	return s.hashed(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, hole), uint64(n)))
}

// minSpan is the least room for which a piece of a file is read.
const minSpan = 4 << 10

// span sends up to limit bytes from where f stands.
func (s *sender) span(f *source, limit int64) (size int64, err error) {
	for size < limit {
		buf, err := s.room(s.ctx, minSpan)
		if err != nil {
			return size, err
		}
		piece := buf[4 : 4+min(int64(len(buf)-4), limit-size)]
		n, err := retry(func() (int, error) { return unix.Read(f.fd, piece) })
		if err != nil {
			return size, oserror.Wrap("read", f.path, err)
		}
		if n == 0 {
			break
		}
		binary.BigEndian.PutUint32(buf, uint32(n))
		s.sum = crc32.Update(s.sum, castagnoli, buf[:4+n])
		s.advance(4 + n)
		size += int64(n)
		s.meter.add(int64(n))
		if size == f.stat.Size && f.stat.Blocks > 0 {
			break // unchanged finds out whether there is more
		}
	}
	return size, nil
}

// batch is how many entries of a folder are held in memory.
const batch = 256

func (s *sender) folder(f *source, name string) error {
	if s.depth++; s.depth > maxDepth {
		return value.Errorf(value.KindError, "cannot copy %s: it is in more than %d folders", oserror.Show(f.path), maxDepth)
	}
	defer func() { s.depth-- }()
	if err := s.head(recDir, name, f.bits()); err != nil {
		return err
	}
	fd, err := unix.FcntlInt(uintptr(f.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return oserror.Wrap("read", f.path, err)
	}
	list := os.NewFile(uintptr(fd), f.path)
	defer func() { _ = list.Close() }() // it was only read
	for {
		entries, err := list.ReadDir(batch)
		for _, e := range entries {
			if err := s.child(f, e); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return s.writeRecord(s.ctx, recUp)
		}
		if err != nil {
			return oserror.Wrap("read", f.path, err)
		}
	}
}

func (s *sender) child(dir *source, e fs.DirEntry) error {
	name, path := e.Name(), under(dir.path, e.Name())
	switch e.Type() { // opening a device may do something
	case 0, fs.ModeDir:
	case fs.ModeSymlink:
		target, err := readLink(dir.fd, name)
		if err != nil {
			return oserror.Wrap("read", path, err)
		}
		return s.writeRecord(s.ctx, recLink, name, target)
	case fs.ModeNamedPipe:
		return errKind(path, "a pipe")
	default:
		return errKind(path, "a socket or a device")
	}
	f, err := openAt(dir.fd, name, path, unix.O_NOFOLLOW)
	if err != nil {
		return err
	}
	defer f.close()
	return s.entry(f, name)
}

func readLink(dir int, name string) (string, error) {
	buf := make([]byte, 4<<10) // PATH_MAX
	n, err := retry(func() (int, error) { return unix.Readlinkat(dir, name, buf) })
	return string(buf[:max(n, 0)]), err
}

// under joins a folder and a name as they stand.
func under(dir, name string) string {
	if dir == "" || dir[len(dir)-1] == '/' {
		return dir + name
	}
	return dir + "/" + name
}
