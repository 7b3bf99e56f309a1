package bootstrap_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// TestSocketPair has one socket with small buffers as the shell's stdin and
// stdout; our end is non-blocking, as ends of links are.
func TestSocketPair(t *testing.T) {
	src := inMemory(t, echoProgram(100_000))
	tg := newTarget(t, src)
	link, theirs := smallSockets(t)
	opts := bootstrap.Options{Nonce: bootstrap.NewNonce(), Cache: true}
	opts.Args = []string{"child", opts.Nonce}
	cmd := exec.Command("/bin/sh", "-c", tg.stage(t, opts))
	cmd.Env = []string{"HOME=" + tg.env["HOME"], "PATH=" + tg.env["PATH"]}
	cmd.Stdin, cmd.Stdout = theirs, theirs
	must(t, cmd.Start())
	must(t, theirs.Close())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	res, err := bootstrap.Run(ctx, link, src, opts)
	if err == nil {
		must(t, link.CloseWrite())
		_, err = io.ReadAll(res.Reader)
	}
	_ = link.Close()
	if werr := cmd.Wait(); err != nil || werr != nil {
		t.Fatal(err, werr)
	}
}

func smallSockets(t *testing.T) (*net.UnixConn, *os.File) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	must(t, err)
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
		must(t, syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_SNDBUF, 4096))
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
	link, err := net.FileConn(ours)
	must(t, err)
	must(t, ours.Close())
	return link.(*net.UnixConn), theirs
}

// TestResetIsAnEnd is a far side that goes away with our bytes unread.
func TestResetIsAnEnd(t *testing.T) {
	link, theirs := smallSockets(t)
	_, err := io.WriteString(link, "unread")
	must(t, err)
	must(t, theirs.Close())
	_, err = bootstrap.Run(t.Context(), link, nil, bootstrap.Options{Nonce: nonce})
	must(t, link.Close())
	if !errors.Is(err, value.KindEOF) {
		t.Errorf("%v", err)
	}
}
