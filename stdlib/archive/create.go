package archive

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"crypto/rand"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// writer packs one member. file is its path on disk.
type writer interface {
	add(name, file string, info fs.FileInfo) error
	Close() error
}

// create writes beside the archive's place and renames it when it is complete.
func create(ctx context.Context, file, kind string, sources []string) error {
	if kind == "" {
		return value.Errorf(value.KindValue, "cannot create %s: its format is not told (want tar, tar.gz, tar.zst or zip)", oserror.Show(file))
	}
	tmp := filepath.Dir(file) + "/.mitoscript-" + rand.Text()
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer os.Remove(tmp) // nothing is left of it once it is renamed
	defer f.Close()
	w, err := newWriter(f, kind)
	if err != nil {
		return err
	}
	for _, s := range sources {
		if err := pack(ctx, w, s, tmp); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(tmp, file)
}

// pack adds a file, or a folder with all that is below it, but not the archive.
func pack(ctx context.Context, w writer, source, archive string) error {
	full, err := filepath.Abs(source)
	if err != nil {
		return err
	}
	own, err := os.Stat(archive)
	if err != nil {
		return err
	}
	base := filepath.Base(full)
	return filepath.WalkDir(full, func(p string, _ fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return oserror.Wrap("pack", p, err)
		}
		info, err := os.Lstat(p)
		if err != nil {
			return oserror.Wrap("pack", p, err)
		}
		if os.SameFile(info, own) || info.Mode()&fs.ModeSocket != 0 {
			return nil // a socket is nothing without its process
		}
		rel, err := filepath.Rel(full, p)
		if err != nil {
			return err
		}
		return oserror.Wrap("pack", p, w.add(path.Join(base, rel), p, info))
	})
}

func newWriter(f io.Writer, kind string) (writer, error) {
	switch kind {
	case "zip":
		return zipWriter{zip.NewWriter(f)}, nil
	case "gz":
		z := gzip.NewWriter(f)
		return tarWriter{tar.NewWriter(z), z}, nil
	case "zst":
		z, err := zstd.NewWriter(f, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return tarWriter{tar.NewWriter(z), z}, nil
	}
	return tarWriter{tar.NewWriter(f), nil}, nil
}

type tarWriter struct {
	t    *tar.Writer
	over io.Closer // the compression, nil without
}

func (w tarWriter) add(name, file string, info fs.FileInfo) error {
	link := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		var err error
		if link, err = os.Readlink(file); err != nil {
			return err
		}
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	h.Name = name
	if info.IsDir() {
		h.Name += "/"
	}
	if err := w.t.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
		return err
	}
	return copyFile(w.t, file, info.Size())
}

func (w tarWriter) Close() error {
	err := w.t.Close()
	if w.over != nil && err == nil {
		err = w.over.Close()
	}
	return err
}

// copyFile copies as much as the header said, however the file changes.
func copyFile(to io.Writer, file string, size int64) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyN(to, f, size)
	return err
}

type zipWriter struct{ *zip.Writer }

func (w zipWriter) add(name, file string, info fs.FileInfo) error {
	h, err := zip.FileInfoHeader(info)
	if err != nil {
		return err
	}
	h.Name = name
	if info.IsDir() {
		h.Name += "/"
	} else {
		h.Method = zip.Deflate
	}
	to, err := w.CreateHeader(h)
	switch {
	case err != nil || info.IsDir():
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		link, err := os.Readlink(file)
		if err == nil {
			_, err = io.WriteString(to, link)
		}
		return err
	case !info.Mode().IsRegular():
		return value.Errorf(value.KindValue, "cannot pack %s: a zip holds files, folders and links only", oserror.Show(file))
	}
	return copyFile(to, file, info.Size())
}
