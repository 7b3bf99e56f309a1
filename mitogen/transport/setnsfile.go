package transport

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Platform is that of this machine: a container shares its kernel.
func (s *SetNS) Platform(context.Context) (goos, goarch string, err error) {
	return runtime.GOOS, runtime.GOARCH, nil
}

// OpenBinary writes the program into the container and starts it there. The
// program removes the file when it runs: its name says that it is a temporary one.
func (s *SetNS) OpenBinary(ctx context.Context, program []byte, args []string) (Link, error) {
	argv, o, who, pid, err := s.command(ctx)
	if err != nil {
		return nil, err
	}
	path, remove, err := s.place(pid, who, program)
	if err != nil {
		return nil, err
	}
	l, err := link(Spawn(ctx, s.Name(), append(append(argv, path), args...), NoTTY, nil, o))
	if err != nil {
		remove()
	}
	return l, err
}

// place writes the program where the container lets it be executed.
func (s *SetNS) place(pid int, who account, program []byte) (path string, remove func(), err error) {
	uid, err1 := hostID(pid, "uid_map", who.uid)
	gid, err2 := hostID(pid, "gid_map", who.gid)
	if err := errors.Join(err1, err2); err != nil {
		return "", nil, value.Errorf(value.KindStream, "%s: %w", s.Name(), err)
	}
	root := fmt.Sprintf("/proc/%d/root", pid)
	name := ".x" + rand.Text()
	var errs []error
	for _, dir := range []string{"dev/shm", "tmp", "var/tmp", "."} {
		if err := placeIn(root, dir, name, uid, gid, program); err != nil {
			errs = append(errs, err)
			continue
		}
		path := "/" + dir + "/" + name
		return path, func() { _ = os.Remove(root + path) }, nil
	}
	return "", nil, value.Errorf(value.KindStream, "%s: there is no place for the program in the container:\n%w", s.Name(), errors.Join(errs...))
}

// placeIn leaves no file behind on an error.
func placeIn(root, dir, name string, uid, gid int, program []byte) error {
	r, err := os.OpenRoot(root)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	sub, err := r.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = sub.Close() }()
	if mountedNoExec(sub) {
		return fmt.Errorf("%s is mounted noexec", dir)
	}
	f, err := sub.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o500)
	if err != nil {
		return err
	}
	_, err = f.Write(program)
	err = errors.Join(err, f.Chown(uid, gid), f.Close())
	if err != nil {
		return errors.Join(err, sub.Remove(name))
	}
	return nil
}
