package files

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// receiver writes what comes out of a pipe.
type receiver struct {
	*pipe
	ctx       context.Context
	dest      destination
	recursive bool
	mode      func(old uint32) uint32 // of files; nil keeps theirs, all twelve bits
	meter     meter

	sum     uint32    // of the file at hand
	stack   []*folder // from the root to the one at hand
	rooted  bool      // the root came
	unnamed bool      // files may be without a name until they are complete
}

// folder is one that is being written to.
type folder struct {
	fd   int
	path string
	mode uint32
	made bool // by us: then it gets its mode at the end
}

// run writes all that comes until the end of the stream.
func (r *receiver) run() error {
	r.unnamed = canLink()
	defer func() {
		for _, f := range r.stack {
			_ = unix.Close(f.fd)
		}
	}()
	for {
		letter, err := r.readByte(r.ctx)
		if err != nil {
			return err
		}
		if letter == recEnd {
			if !r.rooted || len(r.stack) > 0 {
				return errMalformed("it ends within a folder")
			}
			return nil
		}
		if err := r.record(letter); err != nil {
			return err
		}
	}
}

func (r *receiver) record(letter byte) error {
	switch letter {
	case recTotal:
		n, err := r.readUint64(r.ctx)
		r.meter.total = int64(min(n, math.MaxInt64))
		return err
	case recUp:
		return r.leave()
	}
	root := len(r.stack) == 0
	if root && (r.rooted || letter == recLink) {
		return errMalformed("something is beside the root")
	}
	name, err := r.readName(r.ctx, root)
	if err != nil {
		return err
	}
	switch letter {
	case recFile:
		return r.file(name, root)
	case recDir:
		return r.enter(name, root)
	case recLink:
		return r.link(name)
	}
	return errMalformed("an unknown record")
}

func (r *receiver) file(name string, root bool) error {
	mode, err := r.readUint32(r.ctx)
	if err != nil {
		return err
	}
	mode &= 0o7777
	if r.mode != nil {
		mode = r.mode(mode)
	}
	if !root {
		at := r.stack[len(r.stack)-1]
		return r.content(at.fd, name, under(at.path, name), mode)
	}
	r.rooted = true
	dir, name, path, err := r.dest.file()
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(dir) }() // nothing was written by it
	return r.content(dir, name, path, mode)
}

// content writes a file, which gets its name when all of it is there.
func (r *receiver) content(dir int, name, path string, mode uint32) error {
	t, err := newTemp(dir, r.unnamed)
	if err != nil {
		return oserror.Wrap("write", path, err)
	}
	defer t.close()
	r.sum = 0
	if err := r.segments(t, path); err != nil {
		return err
	}
	sum, err := r.readUint32(r.ctx)
	if err != nil {
		return err
	}
	if sum != r.sum {
		return value.Errorf(value.KindOS, "cannot write %s: what came has another checksum than what was sent", oserror.Show(path)).
			With("errno", "EIO").With("path", path).With("op", "write")
	}
	return oserror.Wrap("write", path, t.commit(name, path, mode))
}

func (r *receiver) segments(t *temp, path string) error {
	var size, written int64
	for {
		n, isHole, err := r.segment()
		if err != nil {
			return err
		}
		switch {
		case n == 0:
			if written < size { // it ends in a hole
				return oserror.Wrap("write", path, unix.Ftruncate(t.fd, size))
			}
			return nil
		case n > math.MaxInt64-size:
			return errMalformed("a file of too many bytes")
		case isHole:
			size += n
			if _, err := unix.Seek(t.fd, size, io.SeekStart); err != nil {
				return oserror.Wrap("write", path, err)
			}
			r.meter.add(n)
			continue
		}
		if err := r.span(t, path, n); err != nil {
			return err
		}
		size += n
		written = size
	}
}

// segment reads the head of a segment.
func (r *receiver) segment() (n int64, isHole bool, err error) {
	var head [12]byte
	if err := r.fill(r.ctx, head[:4]); err != nil {
		return 0, false, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size != hole {
		r.sum = crc32.Update(r.sum, castagnoli, head[:4])
		return int64(size), false, nil
	}
	if err := r.fill(r.ctx, head[4:]); err != nil {
		return 0, false, err
	}
	r.sum = crc32.Update(r.sum, castagnoli, head[:])
	length := binary.BigEndian.Uint64(head[4:])
	if length == 0 || length > math.MaxInt64 {
		return 0, false, errMalformed("a hole without a length")
	}
	return int64(length), true, nil
}

func (r *receiver) span(t *temp, path string, n int64) error {
	for n > 0 {
		data, err := r.take(r.ctx, int(min(n, chunkSize)))
		if err == io.EOF {
			return errShort
		}
		if err != nil {
			return err
		}
		r.sum = crc32.Update(r.sum, castagnoli, data)
		n -= int64(len(data))
		r.meter.add(int64(len(data)))
		if err := t.write(data); err != nil {
			return oserror.Wrap("write", path, err)
		}
	}
	return nil
}

func (r *receiver) enter(name string, root bool) error {
	mode, err := r.readUint32(r.ctx)
	if err != nil {
		return err
	}
	if !r.recursive {
		return errMalformed("a folder, where a file was asked for")
	}
	if len(r.stack) >= maxDepth {
		return errMalformed("too many folders in each other")
	}
	var f *folder
	if root {
		r.rooted = true
		f, err = r.dest.folder()
	} else {
		at := r.stack[len(r.stack)-1]
		f, err = makeFolder(at.fd, name, under(at.path, name))
	}
	if err != nil {
		return err
	}
	f.mode = mode & 0o777
	r.stack = append(r.stack, f)
	return nil
}

// leave gives a folder its mode: until now it had one with which it can be written.
func (r *receiver) leave() error {
	if len(r.stack) == 0 {
		return errMalformed("the end of no folder")
	}
	f := r.stack[len(r.stack)-1]
	r.stack = r.stack[:len(r.stack)-1]
	var err error
	if f.made {
		err = unix.Fchmod(f.fd, f.mode)
	}
	_ = unix.Close(f.fd) // it was only read
	return oserror.Wrap("set the mode of", f.path, err)
}

// link makes a symbolic link, in place of a link or a file.
func (r *receiver) link(name string) error {
	target, err := r.readText(r.ctx)
	if err != nil {
		return err
	}
	at := r.stack[len(r.stack)-1]
	path := under(at.path, name)
	err = unix.Symlinkat(target, at.fd, name)
	if !errors.Is(err, unix.EEXIST) {
		return oserror.Wrap("make the link", path, err)
	}
	if _, err := replaceable(at.fd, name, path); err != nil {
		return oserror.Wrap("make the link", path, err)
	}
	tmp := tempName()
	if err := unix.Symlinkat(target, at.fd, tmp); err != nil {
		return oserror.Wrap("make the link", path, err)
	}
	if err := unix.Renameat(at.fd, tmp, at.fd, name); err != nil {
		_ = unix.Unlinkat(at.fd, tmp, 0)
		return oserror.Wrap("make the link", path, err)
	}
	return nil
}
