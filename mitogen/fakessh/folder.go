package fakessh

import (
	"crypto/rand"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	folderPrefix = "mitoscript-fakessh-"
	sshName      = "ssh"
	socketName   = "s"
	// maxSocketPath is what every system takes as the name of a socket, in bytes.
	maxSocketPath = 100
)

// folder is private to the account: it has ssh, and the socket.
type folder struct {
	path  string
	l     *net.UnixListener
	token string
}

// newFolder makes a folder in which ssh is program.
func newFolder(program string) (*folder, error) {
	parent := os.TempDir()
	if len(parent)+len(folderPrefix)+20 > maxSocketPath {
		parent = "/tmp"
	}
	sweep(parent)
	path, err := os.MkdirTemp(parent, folderPrefix) // of mode 0700
	if err != nil {
		return nil, err
	}
	f := &folder{path: path, token: rand.Text()}
	if err = os.Symlink(program, f.ssh()); err == nil {
		f.l, err = net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(path, socketName), Net: "unix"})
	}
	if err != nil {
		_ = os.RemoveAll(path) // the first error tells why
		return nil, err
	}
	return f, nil
}

// ssh is the path of our ssh.
func (f *folder) ssh() string { return filepath.Join(f.path, sshName) }

func (f *folder) remove() {
	_ = f.l.Close()
	_ = os.RemoveAll(f.path) // what is left is swept later
}

// sweep removes the folders that programs left behind which were killed.
func sweep(parent string) {
	found, _ := filepath.Glob(filepath.Join(parent, folderPrefix+"*")) // the pattern is well-formed
	for _, path := range found {
		removeDead(path, 0)
	}
}

// removeDead removes the folder of a program that is gone, if it is our account's.
// One that is just going may take so long until its socket refuses.
func removeDead(path string, patience time.Duration) {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || !strings.HasPrefix(filepath.Base(path), folderPrefix) {
		return
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Geteuid() {
		return
	}
	conn, err := dial(path)
	for deadline := time.Now().Add(patience); err == nil && time.Now().Before(deadline); conn, err = dial(path) {
		_ = conn.SetReadDeadline(deadline) // a unix socket has one
		_, _ = conn.Read(make([]byte, 1))  // until it is closed
		_ = conn.Close()
	}
	if err == nil {
		_ = conn.Close()
		return
	}
	// Without a socket it may be one that is being made.
	if errors.Is(err, syscall.ECONNREFUSED) {
		_ = os.RemoveAll(path) // another one may be doing it
	}
}

// programPath is the running program, by a path that can be executed.
func programPath() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return ownImage(path)
}
