package archive

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// member is one entry of an archive.
type member struct {
	name    string
	mode    fs.FileMode
	modTime time.Time
	link    string // of a symbolic or hard link
	hard    bool
	size    int64
	content io.Reader // of a file
}

// maxWindow bounds the memory that a zstd stream may ask for, as the zstd program does.
const maxWindow = 128 << 20

// each calls fn for every member of an archive, whose kind its content tells.
func each(ctx context.Context, file string, fn func(member) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	b := bufio.NewReaderSize(f, 1<<16)
	head, err := b.Peek(512)
	if len(head) == 0 && err == io.EOF {
		return value.Errorf(value.KindValue, "cannot read the archive %s: the file is empty", oserror.Show(file))
	}
	checked := func(m member) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return fn(m)
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		err = eachZip(f, checked)
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		var z *gzip.Reader
		if z, err = gzip.NewReader(b); err == nil {
			err = eachTar(z, checked)
		}
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		var z *zstd.Decoder
		if z, err = zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow)); err == nil {
			err = eachTar(z, checked)
			z.Close()
		}
	default:
		err = eachTar(b, checked)
	}
	return damaged(file, err)
}

// damaged says of an error that is not the operating system's nor ours that the
// archive cannot be read.
func damaged(file string, err error) error {
	var no syscall.Errno
	var own *value.Error
	if err == nil || errors.As(err, &no) || errors.As(err, &own) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return value.Errorf(value.KindValue, "cannot read the archive %s: %w", oserror.Show(file), err)
}

func eachTar(r io.Reader, fn func(member) error) error {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		m := member{name: h.Name, mode: h.FileInfo().Mode(), modTime: h.ModTime, size: h.Size, content: t}
		switch h.Typeflag {
		case tar.TypeLink:
			m.link, m.hard = h.Linkname, true
		case tar.TypeSymlink:
			m.link = h.Linkname
		case tar.TypeXGlobalHeader:
			continue
		}
		if err := fn(m); err != nil {
			return err
		}
	}
}

// maxLinkText bounds the target of a symbolic link in a zip, where it is content.
const maxLinkText = 1 << 16

func eachZip(f *os.File, fn func(member) error) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are checked before they are used
		return err
	}
	for _, e := range z.File {
		if err := zipMember(e, fn); err != nil {
			return err
		}
	}
	return nil
}

func zipMember(e *zip.File, fn func(member) error) error {
	r, err := e.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	m := member{name: e.Name, mode: e.Mode(), modTime: e.Modified, size: int64(e.UncompressedSize64), content: r}
	if m.mode&fs.ModeSymlink != 0 {
		text, err := io.ReadAll(io.LimitReader(r, maxLinkText))
		if err != nil {
			return err
		}
		m.link = string(text)
	}
	return fn(m)
}
