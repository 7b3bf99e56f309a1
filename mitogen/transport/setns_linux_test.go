package transport_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// container starts a process with namespaces of its own, whose host is called
// inside, and gives its id.
func container(t *testing.T) int {
	t.Helper()
	need(t, "nsenter")
	if os.Geteuid() != 0 {
		t.Skip("only root can make and enter namespaces")
	}
	cmd := exec.Command("sh", "-c", "mount -t proc proc /proc && hostname inside && echo up && exec cat")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Unshareflags: syscall.CLONE_NEWNS,
		Cloneflags:   syscall.CLONE_NEWUTS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC,
	}
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Skipf("no namespaces can be made here: %v", err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "up\n" {
		t.Skipf("no namespaces can be made here: %q, %v", line, err)
	}
	return cmd.Process.Pid
}

// finder is a program that prints what printf makes of text, and ends with a status.
func finder(t *testing.T, text string, status int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "finder")
	script := fmt.Sprintf("#!/bin/sh\necho 'WARNING: this is not for production' >&2\ncat <<END\n%s\nEND\nexit %d\n", text, status)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func setns(kind, path string) *transport.SetNS {
	return &transport.SetNS{Container: "c", Kind: kind, DockerPath: path, LXCInfoPath: path, LXCPath: path, MachinectlPath: path}
}

func TestSetNS(t *testing.T) {
	pid := container(t)
	for kind, text := range map[string]string{
		"docker": "%d", "lxc": "PID:            %d", "lxd": "Name: c\nStatus: Running\nType: container\nPid: %d\n  Processes: 1",
		"incus": "Name: c\nStatus: RUNNING\nPID: %d", "machinectl": "Leader=%d",
	} {
		t.Run(kind, func(t *testing.T) {
			checkDescriptors(t)
			tr := setns(kind, finder(t, fmt.Sprintf(text, pid), 0))
			if tr.Name() != "setns.c" {
				t.Error(tr.Name())
			}
			l := open(t, tr, "sh", "-c", `test "$(hostname) $USER $HOME $(id -u)" = "inside root /root 0" && test -e /proc/$$/exe && exec cat`)
			echo(t, l, tenMB())
		})
	}
}

func TestSetNSAccount(t *testing.T) {
	pid := container(t)
	tr := setns("docker", finder(t, fmt.Sprint(pid), 0))
	tr.Username = "nobody"
	t.Setenv("XDG_CACHE_HOME", "/of/the/outside")
	echo(t, open(t, tr, "sh", "-c", `test "$(id -un) $LOGNAME $(id -G) $XDG_CACHE_HOME" = "nobody nobody $(id -g nobody) " && exec cat`), []byte("hi"))
	tr.Username = "no-such-account"
	if _, err := tr.Open(t.Context(), []string{"true"}); err == nil || err.Error() != `setns.c: there is no account "no-such-account" in the container` {
		t.Error(err)
	}
}

// The program is put into the container by us; it can remove its file.
func TestSetNSWithoutShell(t *testing.T) {
	pid := container(t)
	for _, user := range []string{"root", "nobody"} {
		checkDescriptors(t)
		tr := setns("docker", finder(t, fmt.Sprint(pid), 0))
		tr.Username = user
		if goos, goarch, err := tr.Platform(t.Context()); err != nil || goos != "linux" || goarch == "" {
			t.Errorf("%s/%s, %v", goos, goarch, err)
		}
		program := `#!/bin/sh
case $0 in */.x??????????????????????????) ;; *) exit 1;; esac
rm "$0" && test "$(id -un) $(hostname) $1" = "` + user + ` inside child" && exec cat
`
		l, err := tr.OpenBinary(t.Context(), []byte(program), []string{"child"})
		if err != nil {
			t.Fatal(err)
		}
		echo(t, l, []byte("hi"))
		end(t, l)
	}
}

func TestSetNSFailures(t *testing.T) {
	for _, c := range []struct {
		name, kind, text string
		status           int
		want             string
	}{
		{"unknown", "docker", "Error: No such object: c", 1, "exited with return code 1: WARNING: this is not for production\nError: No such object: c"},
		{"daemon is down", "lxd", "Error: Get http://unix.socket/1.0: connection refused", 1, "connection refused"},
		{"stopped docker", "docker", "0", 0, "the container is not running"},
		{"stopped lxc", "lxc", "PID: -1", 0, "the container is not running"},
		{"stopped lxd", "lxd", "Name: c\nStatus: STOPPED\nType: container", 0, "the container is not running"},
		{"stopped machine", "machinectl", "Leader=0", 0, "the container is not running"},
		{"says nothing", "incus", "", 0, "the container is not running"},
		{"nonsense", "docker", "leader unknown", 0, "cannot tell the container's process"},
		{"nonsense of lxc", "lxc", "Usage: lxc-info", 0, "cannot tell the container's process"},
		{"a process that is gone", "docker", "4194305", 0, "process 4194305 is not there"},
		{"a kind that is none", "kvm", "1", 0, `there is no kind "kvm": want docker, lxc, lxd, incus or machinectl`},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkDescriptors(t)
			l, err := setns(c.kind, finder(t, c.text, c.status)).Open(t.Context(), []string{"cat"})
			if l != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	if _, err := setns("docker", "no-such-docker").Open(t.Context(), nil); err == nil || !strings.HasPrefix(err.Error(), "Child start failed: [Errno 2]") {
		t.Error(err)
	}
}

func TestSetNSToolThatHangs(t *testing.T) {
	checkDescriptors(t)
	path := filepath.Join(t.TempDir(), "docker")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexec sleep 300\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	late := value.Errorf(value.KindTimeout, "too late")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, late)
	defer cancel()
	if _, err := setns("docker", path).Open(ctx, nil); !errors.Is(err, value.KindTimeout) {
		t.Error(err)
	}
}
