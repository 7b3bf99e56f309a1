package oserror

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"strconv"
	"syscall"
	"unicode"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Wrap says that op ("read") of path failed with err. The end of a context
// becomes TimeoutError or CancelledError; a *value.Error is returned as it is; nil
// stays nil.
func Wrap(op, path string, err error) error { return wrap(op, path, Show(path), err) }

// Between is Wrap of an op ("rename") that leads from path to another one.
func Between(op, path, to string, err error) error {
	return wrap(op, path, Show(path)+" to "+Show(to), err)
}

func wrap(op, path, shown string, err error) error {
	var own *value.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return own
	case errors.Is(err, context.Canceled):
		return value.Errorf(value.KindCancelled, "cannot %s %s: cancelled", op, shown)
	case errors.Is(err, context.DeadlineExceeded):
		return value.Errorf(value.KindTimeout, "cannot %s %s: deadline passed", op, shown)
	}
	e := value.Errorf(value.KindOS, "cannot %s %s: %s", op, shown, reason(err))
	if name := Errno(err); name != "" {
		e = e.With("errno", name)
	} else {
		e = e.With("errno", nil)
	}
	return e.With("path", path).With("op", op)
}

// New is Wrap of a plain error number.
func New(op, path string, errno syscall.Errno) error { return Wrap(op, path, errno) }

// Errno gives the name of the error number in err ("ENOENT"), "" if it has none.
func Errno(err error) string {
	var no syscall.Errno
	switch {
	case errors.As(err, &no):
		return unix.ErrnoName(no)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return "ENOENT"
	case errors.Is(err, fs.ErrExist):
		return "EEXIST"
	case errors.Is(err, fs.ErrPermission):
		return "EACCES"
	}
	return ""
}

// Show gives a path as error texts show it: quoted if it is empty or has
// characters that do not print.
func Show(path string) string {
	if path == "" {
		return `""`
	}
	for _, r := range path {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return strconv.Quote(path)
		}
	}
	return path
}

// reason is the text of the innermost error, without the paths and operations
// that Go put in front of it.
func reason(err error) string {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no.Error()
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
