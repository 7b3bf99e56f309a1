package fs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/path"
)

func changeFuncs() []*interp.Func {
	src, dst := param("src", "What there is."), param("dst", "Its new path.")
	target := param("target", "What it leads to.")
	at := param("path", "The new link.")
	return []*interp.Func{
		onPath("mkdir", "Makes a folder. One that exists is fine with parents=True.", mkdir,
			option("mode", "Its mode, less the umask.", int64(0o755)),
			option("parents", "Makes the folders above it too.", true)),
		onPath("remove", "Removes a file, a link or an empty folder.", remove,
			option("recursive", "Removes a folder with all that is in it.", false),
			option("missing_ok", "It is fine if there is nothing.", false)),
		onTwo("rename", "Gives a file or folder another path on the same file system, in place of a file there.", src, dst,
			func(_ context.Context, x, y string, _ *interp.Args) (value.Value, error) {
				return nil, oserror.Between("rename", x, y, syscall.Rename(x, y)) // os.Rename refuses every folder in its place
			}),
		onTwo("copy", "Copies a file with its mode; into dst, if that is a folder. A folder is copied with recursive=True, links as links: dst becomes its copy.",
			param("src", "What to copy."), param("dst", "The copy."), copyPath,
			option("recursive", "Copies a folder with all that is in it.", false)),
		onTwo("link", "Makes a hard link: a second name of a file.", target, at,
			func(_ context.Context, x, y string, _ *interp.Args) (value.Value, error) {
				return nil, oserror.Between("link", y, x, os.Link(x, y))
			}),
		onTwo("symlink", "Makes a symbolic link.", target, at,
			func(_ context.Context, x, y string, _ *interp.Args) (value.Value, error) {
				return nil, oserror.Between("link", y, x, os.Symlink(x, y))
			}),
		onPath("readlink", "Returns what a symbolic link leads to.",
			func(_ context.Context, p string, _ *interp.Args) (value.Value, error) {
				t, err := os.Readlink(p)
				return text(t, oserror.Wrap("read the link", p, err))
			}),
		onPath("touch", "Sets a file's time to now; a file that is missing is made.", touch),
		{Name: "temp_file", Doc: "Makes an empty file that only this user can read and returns its path.", Blocking: true,
			Params: tempParams(), Impl: tempFile},
		{Name: "temp_dir", Doc: "Makes an empty folder that only this user can enter and returns its path.", Blocking: true,
			Params: tempParams()[:1], Impl: tempDir},
	}
}

func mkdir(_ context.Context, p string, a *interp.Args) (value.Value, error) {
	mode, err := ModeArg(a, "mode")
	if err != nil {
		return nil, err
	}
	parents, err := a.Bool("parents")
	if err != nil {
		return nil, err
	}
	perm := fs.FileMode(0o755)
	if mode != nil {
		perm = goMode(mode(0o755, true))
	}
	info, statErr := os.Stat(p)
	switch {
	case statErr == nil && !(parents && info.IsDir()):
		return nil, oserror.New("make the folder", p, syscall.EEXIST)
	case statErr == nil:
		return nil, nil
	case parents:
		if err := os.MkdirAll(filepath.Dir(filepath.Clean(p)), 0o777); err != nil {
			return nil, oserror.Wrap("make the folder", p, err)
		}
	}
	err = os.Mkdir(p, perm)
	if parents && errors.Is(err, fs.ErrExist) {
		if info, statErr := os.Stat(p); statErr == nil && info.IsDir() {
			return nil, nil // another process made it meanwhile
		}
	}
	return nil, oserror.Wrap("make the folder", p, err)
}

// goMode turns the twelve bits into Go's form.
func goMode(bits uint32) fs.FileMode {
	m := fs.FileMode(bits & 0o777)
	for bit, flag := range map[uint32]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if bits&bit != 0 {
			m |= flag
		}
	}
	return m
}

func remove(_ context.Context, p string, a *interp.Args) (value.Value, error) {
	recursive, err := a.Bool("recursive")
	if err != nil {
		return nil, err
	}
	missingOK, err := a.Bool("missing_ok")
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(p); err != nil {
		if missingOK && errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, oserror.Wrap("remove", p, err)
	}
	if !recursive {
		return nil, oserror.Wrap("remove", p, os.Remove(p))
	}
	if filepath.Clean(p) == "/" {
		return nil, value.Errorf(value.KindValue, "cannot remove /: that would be the whole machine")
	}
	return nil, oserror.Wrap("remove", p, os.RemoveAll(p))
}

func touch(_ context.Context, p string, _ *interp.Args) (value.Value, error) {
	// "Now" may be set by who may write a file, any other time by its owner alone.
	err := unix.Utimes(p, nil)
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, oserror.Wrap("touch", p, err)
	}
	f, err := os.OpenFile(p, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, oserror.Wrap("touch", p, err)
	}
	return nil, oserror.Wrap("touch", p, f.Close())
}

func tempParams() []interp.Param {
	return []interp.Param{
		option("prefix", "The beginning of its name.", ""),
		option("dir", "Where it is made; the folder for temporary files if left out.", nil),
	}
}

func tempFile(_ context.Context, a *interp.Args) (value.Value, error) {
	prefix, err := a.String("prefix")
	if err != nil {
		return nil, err
	}
	dir, err := path.Arg(a, "dir")
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, prefix+"*")
	if err != nil {
		return nil, oserror.Wrap("make a temporary file in", tempRoot(dir), err)
	}
	return f.Name(), f.Close()
}

func tempDir(_ context.Context, a *interp.Args) (value.Value, error) {
	prefix, err := a.String("prefix")
	if err != nil {
		return nil, err
	}
	p, err := os.MkdirTemp("", prefix+"*")
	return text(p, oserror.Wrap("make a temporary folder in", tempRoot(""), err))
}

func tempRoot(dir string) string {
	if dir == "" {
		return os.TempDir()
	}
	return dir
}
