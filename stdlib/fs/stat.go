package fs

import (
	"context"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/user"
)

func statFuncs() []*interp.Func {
	ask := func(name, doc string, stat func(string) (fs.FileInfo, error), want func(fs.FileMode) bool) *interp.Func {
		return onPath(name, doc, func(_ context.Context, p string, _ *interp.Args) (value.Value, error) {
			info, err := stat(p)
			return err == nil && want(info.Mode()), nil
		})
	}
	return []*interp.Func{
		ask("exists", "Reports whether a path leads to something; a link to nothing does not.", os.Stat,
			func(fs.FileMode) bool { return true }),
		ask("is_file", "Reports whether a path leads to a regular file.", os.Stat, fs.FileMode.IsRegular),
		ask("is_dir", "Reports whether a path leads to a folder.", os.Stat, fs.FileMode.IsDir),
		ask("is_link", "Reports whether a path is a symbolic link.", os.Lstat,
			func(m fs.FileMode) bool { return m&fs.ModeSymlink != 0 }),
		onPath("stat", "Returns what is known of the file that a path leads to.",
			func(_ context.Context, p string, _ *interp.Args) (value.Value, error) { return record(p, os.Stat) }),
		onPath("lstat", "Returns what is known of a path itself, be it a symbolic link.",
			func(_ context.Context, p string, _ *interp.Args) (value.Value, error) { return record(p, os.Lstat) }),
		onTwo("same", "Reports whether two paths lead to the same file.", param("a", "A path."), param("b", "Another."), same),
	}
}

func same(_ context.Context, x, y string, _ *interp.Args) (value.Value, error) {
	one, err := os.Stat(x)
	if err != nil {
		return nil, oserror.Wrap("stat", x, err)
	}
	two, err := os.Stat(y)
	if err != nil {
		return nil, oserror.Wrap("stat", y, err)
	}
	return os.SameFile(one, two), nil
}

func record(p string, stat func(string) (fs.FileInfo, error)) (value.Value, error) {
	info, err := stat(p)
	if err != nil {
		return nil, oserror.Wrap("stat", p, err)
	}
	sys := info.Sys().(*syscall.Stat_t)
	var target value.Value
	if info.Mode()&fs.ModeSymlink != 0 {
		if t, err := os.Readlink(p); err == nil {
			target = t
		}
	}
	return &value.Struct{Name: "stat", Fields: []value.Field{
		{Name: "path", Value: p}, {Name: "size", Value: info.Size()}, {Name: "mode", Value: int64(bits(info))},
		{Name: "uid", Value: int64(sys.Uid)}, {Name: "gid", Value: int64(sys.Gid)},
		{Name: "owner", Value: ownerName(sys.Uid)}, {Name: "group", Value: groupName(sys.Gid)},
		{Name: "mtime", Value: float64(info.ModTime().UnixNano()) / 1e9},
		{Name: "type", Value: typeName(info.Mode())}, {Name: "target", Value: target},
	}}, nil
}

// ownerName gives the number as text where there is no name.
func ownerName(uid uint32) string {
	text := strconv.FormatUint(uint64(uid), 10)
	if a, err := (user.Database{}).Account(text); err == nil {
		return a.Name
	}
	return text
}

func groupName(gid uint32) string {
	text := strconv.FormatUint(uint64(gid), 10)
	if g, err := (user.Database{}).Group(text); err == nil {
		return g.Name
	}
	return text
}

func typeName(m fs.FileMode) string {
	switch {
	case m.IsRegular():
		return "file"
	case m.IsDir():
		return "dir"
	case m&fs.ModeSymlink != 0:
		return "link"
	case m&fs.ModeNamedPipe != 0:
		return "fifo"
	case m&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}
