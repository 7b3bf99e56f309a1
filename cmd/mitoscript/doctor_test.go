//go:build !child

package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
)

// fault is something wrong with the way to a host.
type fault struct {
	name string
	// inject arranges it and gives the arguments of doctor.
	inject func(w *ward) []string
	// phase is where it shows; "" for what is no obstacle.
	phase string
	// says and hint are expressions for the reason and for what can be done.
	says, hint string
	// status is the exit status where it is not 1.
	status int
	// hangs: only --connect-timeout ends it.
	hangs bool
}

// examine runs doctor on each of the faults.
func examine(t *testing.T, faults []fault) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			w := newWard(t)
			args := f.inject(w)
			if f.hangs {
				w.expire(f, args)
				return
			}
			r := w.doctor(append([]string{"--connect-timeout", "4m"}, args...)...)
			if f.phase == "" {
				w.well(r)
			} else if why := f.differs(r); why != "" {
				t.Error(why)
			}
		})
	}
}

// ward is where a doctor works: an environment without what the test's own has.
type ward struct {
	testing.TB
	dir string
	env []string
	// shell goes before the program: lines that end in exec "$@".
	shell string
}

func newWard(t testing.TB) *ward {
	w := &ward{TB: t, dir: t.TempDir()}
	for _, d := range []string{"home/.ssh", "state", "cache"} {
		if err := os.MkdirAll(filepath.Join(w.dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.path("home"), "XDG_STATE_HOME=" + w.path("state"), "XDG_CACHE_HOME=" + w.path("cache"),
		"GORACE=" + os.Getenv("GORACE"), "TMPDIR=" + os.TempDir(), "LC_ALL=C",
	}
	return w
}

func (w *ward) path(name string) string { return filepath.Join(w.dir, name) }

// file writes a file for this ward and gives its path.
func (w *ward) file(name, text string) string {
	w.Helper()
	path := w.path(name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	return path
}

// inventory makes one of a line and gives the arguments that choose its host.
func (w *ward) inventory(line string) []string {
	w.Helper()
	name, _, _ := strings.Cut(line, " ")
	return []string{"-i", w.file("hosts.ini", line+"\n"), name}
}

// sshd runs a server, and gives the arguments that reach it.
func (w *ward) sshd(lines ...string) []string {
	w.Helper()
	need(w, "ssh")
	return []string{"-F", startSSHD(w, w.dir, lines...).Config, sshdtest.Host}
}

// openSSH makes the arguments of sshd ask for the program ssh.
func (w *ward) openSSH(args []string) []string {
	return append([]string{"--ssh-arg", "-4"}, args...)
}

// listener answers each connection by what serve does, until the test ends.
func (w *ward) listener(serve func(net.Conn)) (port string) {
	w.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
			w.Cleanup(func() { _ = c.Close() })
		}
	}()
	w.Cleanup(func() { _ = l.Close(); <-done })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

// told are what a doctor said.
type told struct {
	stdout, stderr string
	status         int
}

// doctor runs the program without a terminal.
func (w *ward) doctor(args ...string) told {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", w.shell + `exec "$@"`, "sh", program(os.Getenv(programDirEnv)), "doctor"}, args...)...)
	cmd.Env, cmd.SysProcAttr = w.env, &syscall.SysProcAttr{Setsid: true}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	exit := &exec.ExitError{}
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		w.Fatalf("%v; %v\n%s%s", err, ctx.Err(), &stdout, &stderr)
	}
	return told{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// differs tells in what a report does not tell of the fault.
func (f fault) differs(r told) string {
	all := fmt.Sprintf("status %d\n%s%s", r.status, r.stdout, r.stderr)
	for what, want := range map[string]string{
		"the phase":  `(?m)^mitoscript: cannot reach .*: phase ` + f.phase + `: `,
		"the reason": `(?m)^mitoscript: cannot reach .*` + f.says,
		"a hint":     `(?m)^hint: .*` + f.hint,
	} {
		if !regexp.MustCompile(want).MatchString(r.stderr) {
			return fmt.Sprintf("%s is not told (%s):\n%s", what, want, all)
		}
	}
	switch {
	case r.status != cmp.Or(f.status, 1):
		return "the status is another one:\n" + all
	case f.phase != "inventory" && !regexp.MustCompile(`(?m)^  `+f.phase+` +[\d.]+ ms  FAILED`).MatchString(r.stdout):
		return "no row shows it:\n" + all
	case strings.Count(r.stdout, "FAILED") > 1:
		return "several rows show it:\n" + all
	}
	return ""
}

// well checks the report of a host that can be reached.
func (w *ward) well(r told) {
	w.Helper()
	if r.status != 0 || r.stderr != "" || strings.Contains(r.stdout, "FAILED") || !strings.Contains(r.stdout, " is well: ") {
		w.Errorf("not well:\nstatus %d\n%s%s", r.status, r.stdout, r.stderr)
	}
}

// expire tries times that grow: the fault shows in a later phase than what a busy
// machine is slow in.
func (w *ward) expire(f fault, args []string) {
	why := ""
	for _, after := range []string{"1s", "8s", "64s"} {
		if why = f.differs(w.doctor(append([]string{"--connect-timeout", after}, args...)...)); why == "" {
			return
		}
	}
	w.Error(why)
}
