package fs

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/path"
)

func copyPath(ctx context.Context, src, dst string, a *interp.Args) (value.Value, error) {
	recursive, err := a.Bool("recursive")
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(src)
	if err != nil {
		return nil, oserror.Wrap("copy", src, err)
	}
	if info.IsDir() {
		if !recursive {
			return nil, value.Errorf(value.KindOS, "cannot copy %s: it is a folder, which needs recursive=True", oserror.Show(src)).
				With("errno", "EISDIR").With("path", src).With("op", "copy")
		}
		return nil, copyTree(ctx, src, dst, info)
	}
	if to, err := os.Stat(dst); err == nil && to.IsDir() {
		dst = under(dst, path.Base(src))
	}
	return nil, copyFile(ctx, src, dst, info)
}

// copyFile copies content and mode. A pipe or a socket has no end to copy to.
func copyFile(ctx context.Context, src, dst string, info fs.FileInfo) error {
	if info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0 {
		return value.Errorf(value.KindOS, "cannot copy %s: it is a %s, not a file", oserror.Show(src), typeName(info.Mode())).
			With("errno", "EINVAL").With("path", src).With("op", "copy")
	}
	if to, err := os.Stat(dst); err == nil && os.SameFile(info, to) {
		return value.Errorf(value.KindOS, "cannot copy %s: %s is the same file", oserror.Show(src), oserror.Show(dst)).
			With("errno", "EINVAL").With("path", src).With("op", "copy")
	}
	in, err := os.Open(src)
	if err != nil {
		return oserror.Wrap("copy", src, err)
	}
	defer in.Close()
	out, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return oserror.Wrap("copy to", dst, err)
	}
	defer out.Close()
	if err := copyContent(ctx, out, in); err != nil {
		return oserror.Between("copy", src, dst, err)
	}
	if err := syscall.Fchmod(int(out.Fd()), bits(info)); err != nil {
		return oserror.Wrap("set the mode of", dst, err)
	}
	return oserror.Wrap("copy to", dst, out.Close())
}

// copyStep is how much is copied between two looks at the context.
const copyStep = 16 << 20

func copyContent(ctx context.Context, out io.Writer, in io.Reader) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(out, in, copyStep); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// copyTree makes dst a copy of the folder src; what dst holds already stays.
func copyTree(ctx context.Context, src, dst string, info fs.FileInfo) error {
	if inside(src, dst) {
		return value.Errorf(value.KindValue, "cannot copy %s into itself (%s)", oserror.Show(src), oserror.Show(dst))
	}
	if err := os.MkdirAll(dst, 0o700|info.Mode().Perm()); err != nil {
		return oserror.Wrap("make the folder", dst, err)
	}
	entries, err := os.ReadDir(src)
	if err != nil {
		return oserror.Wrap("copy", src, err)
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return oserror.Wrap("copy", src, err)
		}
		if err := copyEntry(ctx, under(src, e.Name()), under(dst, e.Name())); err != nil {
			return err
		}
	}
	return oserror.Wrap("set the mode of", dst, os.Chmod(dst, goMode(bits(info))))
}

func copyEntry(ctx context.Context, src, dst string) error {
	info, err := os.Lstat(src)
	if err != nil {
		return oserror.Wrap("copy", src, err)
	}
	switch {
	case info.IsDir():
		return copyTree(ctx, src, dst, info)
	case info.Mode()&fs.ModeSymlink != 0:
		return copyLink(src, dst)
	}
	return copyFile(ctx, src, dst, info)
}

// copyLink puts a link with the same target in place of a link or file at dst.
func copyLink(src, dst string) error {
	target, err := os.Readlink(src)
	if err != nil {
		return oserror.Wrap("copy", src, err)
	}
	if old, err := os.Lstat(dst); err == nil && !old.IsDir() {
		if err := os.Remove(dst); err != nil {
			return oserror.Wrap("replace", dst, err)
		}
	}
	return oserror.Wrap("copy to", dst, os.Symlink(target, dst))
}

// inside reports whether dst is src or below it.
func inside(src, dst string) bool {
	s, err1 := realPath(src)
	d, err2 := realPath(dst)
	return err1 == nil && err2 == nil && (s == d || strings.HasPrefix(d, strings.TrimSuffix(s, "/")+"/"))
}

// realPath resolves links of a path whose last parts need not exist.
func realPath(p string) (string, error) {
	p, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(p); err == nil || p == "/" {
		return real, err
	}
	dir, err := realPath(filepath.Dir(p))
	return filepath.Join(dir, filepath.Base(p)), err
}
