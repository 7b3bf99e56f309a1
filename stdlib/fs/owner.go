package fs

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/user"
)

func ownerFuncs() []*interp.Func {
	recursive := option("recursive", "Does the same to all that is below a folder; links are left alone.", false)
	return []*interp.Func{
		onPath("chmod", "Sets the mode of a file or folder.", chmod,
			param("mode", "0o644, \"0644\" or \"u+x\"."), recursive),
		onPath("chown", "Sets owner and group of a file or folder.", chown,
			param("owner", "Name or number; None leaves it."),
			option("group", "Name or number; None leaves it.", nil), recursive),
	}
}

func chmod(ctx context.Context, p string, a *interp.Args) (value.Value, error) {
	mode, err := ModeArg(a, "mode")
	if err != nil {
		return nil, err
	}
	if mode == nil {
		return nil, a.Errorf("argument mode: want a mode, got null")
	}
	return nil, eachBelow(ctx, p, a, "set the mode of", func(p string, info fs.FileInfo) error {
		return oserror.Wrap("set the mode of", p, os.Chmod(p, goMode(mode.apply(info))))
	})
}

func chown(ctx context.Context, p string, a *interp.Args) (value.Value, error) {
	uid, gid, err := ownerArgs(a)
	if err != nil {
		return nil, err
	}
	return nil, eachBelow(ctx, p, a, "set the owner of", func(p string, _ fs.FileInfo) error {
		return oserror.Wrap("set the owner of", p, os.Chown(p, uid, gid))
	})
}

// ownerArgs gives -1 for what is to stay.
func ownerArgs(a *interp.Args) (uid, gid int, err error) {
	uid, gid = -1, -1
	name, ok, err := user.NameOrNumber(a, "owner")
	if err != nil {
		return 0, 0, err
	}
	if ok {
		if uid, err = strconv.Atoi(name); err != nil {
			acc, err := user.Database{}.Account(name)
			if err != nil {
				return 0, 0, err
			}
			uid = acc.UID
		}
	}
	name, ok, err = user.NameOrNumber(a, "group")
	if err != nil {
		return 0, 0, err
	}
	if ok {
		if gid, err = strconv.Atoi(name); err != nil {
			g, err := user.Database{}.Group(name)
			if err != nil {
				return 0, 0, err
			}
			gid = g.GID
		}
	}
	return uid, gid, nil
}

// eachBelow runs fn for p, following a link, and with recursive=True for all
// that is below it, what is inside a folder first, links left out.
func eachBelow(ctx context.Context, p string, a *interp.Args, op string, fn func(p string, info fs.FileInfo) error) error {
	recursive, err := a.Bool("recursive")
	if err != nil {
		return err
	}
	info, err := os.Stat(p)
	if err != nil {
		return oserror.Wrap(op, p, err)
	}
	if !recursive || !info.IsDir() {
		return fn(p, info)
	}
	var todo []string
	err = filepath.WalkDir(p+"/", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return oserror.Wrap("walk", name, err)
		}
		if e.Type()&fs.ModeSymlink == 0 {
			todo = append(todo, name)
		}
		return ctx.Err()
	})
	if err != nil {
		return oserror.Wrap("walk", p, err)
	}
	for i := len(todo) - 1; i >= 0; i-- {
		info, err := os.Lstat(todo[i])
		if err != nil {
			return oserror.Wrap(op, todo[i], err)
		}
		if err := fn(todo[i], info); err != nil {
			return err
		}
	}
	return nil
}

// Chmod sets the mode of a file or folder.
func Chmod(p string, mode Mode) error {
	info, err := os.Stat(p)
	if err != nil {
		return oserror.Wrap("set the mode of", p, err)
	}
	return oserror.Wrap("set the mode of", p, os.Chmod(p, goMode(mode.apply(info))))
}
