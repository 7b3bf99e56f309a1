package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// destination is where the root of a copy goes.
type destination struct {
	path string
	// name is that of the root in a folder that path names; "" if it has none.
	name string
	// into puts a folder, as it is with files, into one that exists.
	into bool
}

const folderFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC

// inside gives the path of the root in the folder path, if that is one.
func (d *destination) inside() (string, error) {
	info, err := os.Stat(d.path)
	isDir := err == nil && info.IsDir()
	if !isDir && !strings.HasSuffix(d.path, "/") {
		return d.path, nil
	}
	if !isDir {
		if err == nil {
			err = syscall.ENOTDIR
		}
		return "", oserror.Wrap("write to the folder", d.path, err)
	}
	if !isName(d.name) {
		return "", oserror.New("write", d.path, syscall.EISDIR)
	}
	return under(d.path, d.name), nil
}

// file opens the folder that a file goes to, and gives its name in there. A link
// stays: the file that it leads to is written.
func (d *destination) file() (dir int, name, path string, err error) {
	if path, err = d.inside(); err != nil {
		return 0, "", "", err
	}
	if path, err = followLinks(path); err != nil {
		return 0, "", "", oserror.Wrap("write", d.path, err)
	}
	parent, name := filepath.Split(path)
	if !isName(name) {
		return 0, "", "", oserror.New("write", path, syscall.EISDIR)
	}
	if parent == "" {
		parent = "."
	}
	dir, err = retry(func() (int, error) { return unix.Open(parent, parentFlags, 0) })
	if err != nil {
		return 0, "", "", oserror.Wrap("write", path, err)
	}
	return dir, name, path, nil
}

// folder makes or opens the folder that is the root.
func (d *destination) folder() (*folder, error) {
	path := d.path
	if d.into && isName(d.name) {
		if info, err := os.Stat(path); strings.HasSuffix(path, "/") || err == nil && info.IsDir() {
			path = under(path, d.name)
		}
	}
	path = strings.TrimRight(path, "/")
	if path == "" {
		path = "/"
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, oserror.Wrap("make the folder", path, err)
	}
	err := os.Mkdir(path, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, oserror.Wrap("make the folder", path, err)
	}
	return openFolder(unix.AT_FDCWD, path, path, err == nil, 0)
}

// makeFolder makes a folder, or opens one that exists, but not through a link.
func makeFolder(dir int, name, path string) (*folder, error) {
	err := unix.Mkdirat(dir, name, 0o700)
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return nil, oserror.Wrap("make the folder", path, err)
	}
	return openFolder(dir, name, path, err == nil, unix.O_NOFOLLOW)
}

func openFolder(dir int, name, path string, made bool, flags int) (*folder, error) {
	fd, err := retry(func() (int, error) { return unix.Openat(dir, name, folderFlags|flags, 0) })
	if err == nil {
		return &folder{fd: fd, path: path, made: made}, nil
	}
	if flags&unix.O_NOFOLLOW != 0 && isLink(dir, name) {
		return nil, value.Errorf(value.KindSecurity, "cannot write into %s: it is a link, which may lead out of the folder", oserror.Show(path))
	}
	return nil, oserror.Wrap("make the folder", path, err)
}

func isLink(dir int, name string) bool {
	var st unix.Stat_t
	err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	return err == nil && uint32(st.Mode)&unix.S_IFMT == unix.S_IFLNK
}

// maxLinks is how many symbolic links may lead to a file, as in Linux.
const maxLinks = 40

// followLinks gives the file that a path leads to, whether it exists or not.
func followLinks(p string) (string, error) {
	for range maxLinks {
		link, err := os.Readlink(p)
		if err != nil {
			return p, nil // it is no link
		}
		if !filepath.IsAbs(link) {
			// Not filepath.Join: "dir/.." is not always where it seems.
			link = filepath.Dir(p) + "/" + link
		}
		p = link
	}
	return "", syscall.ELOOP
}
