package fs

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

func writeFuncs() []*interp.Func {
	data := param("data", "Text or bytes.")
	return []*interp.Func{
		onPath("write", "Writes a file, in place of what it held. A symbolic link stays and its target is written; mode and owner of a file that exists stay.",
			write, data, option("mode", "Its mode: 0o644, \"0644\" or \"u+x\".", nil),
			option("atomic", "Other processes see the old content or the new one, nothing between.", true)),
		onPath("append", "Writes at the end of a file, which is made if need be.", appendFile, data),
	}
}

func write(_ context.Context, p string, a *interp.Args) (value.Value, error) {
	data, err := a.Data("data")
	if err != nil {
		return nil, err
	}
	atomic, err := a.Bool("atomic")
	if err != nil {
		return nil, err
	}
	mode, err := ModeArg(a, "mode")
	if err != nil {
		return nil, err
	}
	return nil, Write(p, data, mode, atomic)
}

// Write replaces the content of a file, through symbolic links. A nil mode keeps
// the mode of a file that exists.
func Write(p, data string, mode Mode, atomic bool) error {
	target, err := followLinks(p)
	if err != nil {
		return oserror.Wrap("write", p, err)
	}
	if atomic {
		err = replaceContent(target, data, mode)
		if !errors.Is(err, errInPlace) {
			return oserror.Wrap("write", p, err)
		}
	}
	return oserror.Wrap("write", p, writeInPlace(target, data, mode))
}

// errInPlace says that a file can only be written where it is: it is a device,
// or a copy of it could not have its owner, or its folder takes no new file.
var errInPlace = errors.New("only in place")

// maxLinks is how many symbolic links may lead to a file, as in Linux.
const maxLinks = 40

// followLinks gives the file that a path leads to, whether it exists or not.
func followLinks(p string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(p)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return p, nil
		}
		link, err := os.Readlink(p)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(link) {
			// Not filepath.Join: "dir/.." is not always where it seems.
			link = filepath.Dir(p) + "/" + link
		}
		p = link
	}
	return "", syscall.ELOOP
}

// replaceContent writes a file beside target and renames it over target.
func replaceContent(target, data string, mode Mode) error {
	old, err := os.Stat(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if old != nil && !old.Mode().IsRegular() {
		if old.IsDir() {
			return syscall.EISDIR
		}
		return errInPlace
	}
	tmp, err := createBeside(target)
	if err != nil {
		if old != nil && errors.Is(err, fs.ErrPermission) {
			return errInPlace
		}
		return err
	}
	if err := fill(tmp, data, old, mode); err != nil {
		_ = os.Remove(tmp.Name())
		return err
	}
	if err := os.Rename(tmp.Name(), target); err != nil {
		_ = os.Remove(tmp.Name())
		return err
	}
	return nil
}

// createBeside makes a hidden file in target's folder with the mode that a new
// file gets here, which os.CreateTemp would not give.
func createBeside(target string) (*os.File, error) {
	name := filepath.Dir(target) + "/.mitoscript-" + rand.Text()
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// fill writes the new file, gives it owner and mode and closes it.
func fill(f *os.File, data string, old fs.FileInfo, mode Mode) error {
	defer f.Close()
	current, err := f.Stat()
	if err != nil {
		return err
	}
	if old != nil {
		if err := keepOwner(f, current, old); err != nil {
			return errInPlace
		}
		current = old
	}
	if _, err := f.WriteString(data); err != nil {
		return err
	}
	if old != nil || mode != nil {
		if err := syscall.Fchmod(int(f.Fd()), mode.apply(current)); err != nil {
			return err
		}
	}
	return f.Close()
}

func keepOwner(f *os.File, current, old fs.FileInfo) error {
	now, was := current.Sys().(*syscall.Stat_t), old.Sys().(*syscall.Stat_t)
	if now.Uid == was.Uid && now.Gid == was.Gid {
		return nil
	}
	return f.Chown(int(was.Uid), int(was.Gid))
}

func writeInPlace(target, data string, mode Mode) error {
	f, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(data); err != nil {
		return err
	}
	if mode != nil {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if err := syscall.Fchmod(int(f.Fd()), mode.apply(info)); err != nil {
			return err
		}
	}
	return f.Close()
}

func appendFile(_ context.Context, p string, a *interp.Args) (value.Value, error) {
	data, err := a.Data("data")
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, oserror.Wrap("append to", p, err)
	}
	defer f.Close()
	if _, err := f.WriteString(data); err != nil {
		return nil, oserror.Wrap("append to", p, err)
	}
	return nil, oserror.Wrap("append to", p, f.Close())
}
