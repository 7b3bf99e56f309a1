package archive

import (
	"context"
	"io"
	"os"
	"path"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// extract plans all members and then writes them. The os.Root holds even if
// somebody changes the folder meanwhile.
func extract(ctx context.Context, file, dest string, limit int64) error {
	p := newPlan(dest, limit)
	if err := each(ctx, file, p.add); err != nil {
		return err
	}
	if err := p.finish(); err != nil {
		return err
	}
	if err := os.MkdirAll(dest, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dest)
	if err != nil {
		return err
	}
	defer root.Close()
	x := &extractor{root: root}
	if err := each(ctx, file, x.write); err != nil {
		return err
	}
	return x.finish()
}

// extractor writes members below root.
type extractor struct {
	root *os.Root
	dirs []member // their modes and times are set last
}

func (x *extractor) write(m member) error {
	m.name = path.Clean(m.name)
	if m.link == "" && m.mode.IsDir() {
		x.dirs = append(x.dirs, m)
		return x.root.MkdirAll(m.name, 0o700|m.mode.Perm())
	}
	if err := x.root.MkdirAll(path.Dir(m.name), 0o755); err != nil {
		return err
	}
	if info, err := x.root.Lstat(m.name); err == nil && !info.IsDir() {
		if err := x.root.Remove(m.name); err != nil {
			return err
		}
	}
	switch {
	case m.hard:
		return x.root.Link(path.Clean(m.link), m.name)
	case m.link != "":
		return x.root.Symlink(m.link, m.name)
	}
	return x.file(m)
}

func (x *extractor) file(m member) error {
	f, err := x.root.OpenFile(m.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	// The plan counted its size: a zip may have more to it.
	if n, err := io.Copy(f, io.LimitReader(m.content, m.size+1)); err != nil {
		return err
	} else if n > m.size {
		return value.Errorf(value.KindValue, "cannot extract the member %q: it has more bytes than the archive says", m.name)
	}
	if err := f.Chmod(m.mode.Perm()); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return x.stamp(m)
}

func (x *extractor) stamp(m member) error {
	if m.modTime.IsZero() {
		return nil
	}
	return x.root.Chtimes(m.name, time.Now(), m.modTime)
}

// finish sets modes and times of folders, the deepest first.
func (x *extractor) finish() error {
	for i := len(x.dirs) - 1; i >= 0; i-- {
		m := x.dirs[i]
		if m.name == "." {
			continue
		}
		if err := x.root.Chmod(m.name, m.mode.Perm()); err != nil {
			return err
		}
		if err := x.stamp(m); err != nil {
			return err
		}
	}
	return nil
}
