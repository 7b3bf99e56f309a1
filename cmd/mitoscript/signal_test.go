//go:build !child

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// session is a master that runs a script.
type session struct {
	t    *testing.T
	cmd  *exec.Cmd
	mark string // stands in the command lines of its children
	done chan struct{}

	mu     sync.Mutex
	stdout bytes.Buffer
	stderr bytes.Buffer
}

// startSession runs code, with args after the mark as its arguments.
func startSession(t *testing.T, lang, code string, args ...string) *session {
	t.Helper()
	script := filepath.Join(t.TempDir(), "s."+lang)
	if err := os.WriteFile(script, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	return startMaster(t, append([]string{script}, args...)...)
}

// startMaster runs mitoscript. MARK is in its environment.
func startMaster(t *testing.T, args ...string) *session {
	t.Helper()
	s := &session{t: t, done: make(chan struct{})}
	s.mark = fmt.Sprintf("e2e-%d-%d", os.Getpid(), time.Now().UnixNano())
	dir := t.TempDir()
	// The mark is told by the environment: the master's own command line has none.
	s.cmd = exec.Command(program(os.Getenv(programDirEnv)), args...)
	s.cmd.Env = append(os.Environ(), "MARK="+s.mark, "XDG_CACHE_HOME="+dir, "XDG_STATE_HOME="+dir)
	s.cmd.Stdout, s.cmd.Stderr = lockedWriter{s, &s.stdout}, lockedWriter{s, &s.stderr}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.cmd.Wait(); close(s.done) }()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.done
		if t.Failed() {
			t.Logf("stdout:\n%s\nstderr:\n%s", s.text(&s.stdout), s.text(&s.stderr))
		}
	})
	return s
}

type lockedWriter struct {
	s *session
	b *bytes.Buffer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.b.Write(p)
}

func (s *session) text(b *bytes.Buffer) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return b.String()
}

// said waits until the script has printed text.
func (s *session) said(text string) {
	s.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(processTimeout); !strings.Contains(s.text(&s.stdout), text); <-tick.C {
		if time.Now().After(deadline) {
			s.t.Fatalf("the script did not print %q", text)
		}
	}
}

func (s *session) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// ends waits for the master's end and gives its exit status, -N for signal N.
func (s *session) ends(within time.Duration) int {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(within):
		s.t.Fatalf("the master still runs after %s", within)
	}
	ws := s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return -int(ws.Signal())
	}
	return ws.ExitStatus()
}

// nothingLeft checks that no child lives on.
func (s *session) nothingLeft() {
	s.t.Helper()
	if left := waitProcesses(s.mark, goneTimeout, func(n int) bool { return n == 0 }); len(left) > 0 {
		s.t.Errorf("still running: %q", left)
	}
}

func TestSignalsEndTheScriptInOrder(t *testing.T) {
	t.Parallel()
	const star = `
def clean():
    print("cleaned up")
mitogen.at_exit(clean)
def main(router):
    c = router.local(name = "web1", remote_name = os.getenv("MARK"))
    print("ready")
    c.call(lambda: time.sleep(60))
`
	const lua = `
mitogen.at_exit(function() print("cleaned up") end)
function main(router)
  local c = router:local_{name = "web1", remote_name = os.getenv("MARK")}
  print("ready")
  c:call(function() time.sleep(60) end)
end
`
	for _, c := range []struct {
		sig    syscall.Signal
		lang   string
		code   string
		status int
	}{
		{syscall.SIGINT, "star", star, 130}, {syscall.SIGTERM, "star", star, 143},
		{syscall.SIGHUP, "lua", lua, 129}, {syscall.SIGINT, "lua", lua, 130},
	} {
		t.Run(fmt.Sprintf("%v/%s", c.sig, c.lang), func(t *testing.T) {
			t.Parallel()
			s := startSession(t, c.lang, c.code)
			s.said("ready")
			s.signal(c.sig)
			if got := s.ends(processTimeout); got != c.status {
				t.Errorf("status %d, want %d", got, c.status)
			}
			s.said("cleaned up")
			s.nothingLeft()
		})
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := startSession(t, "star", `
def linger():
    print("lingering")
    time.sleep(600)
mitogen.at_exit(linger)
def main(router):
    c = router.local(remote_name = os.getenv("MARK"))
    print("ready")
    time.sleep(600)
`)
	s.said("ready")
	s.signal(syscall.SIGINT)
	s.said("lingering")
	s.signal(syscall.SIGINT)
	if got := s.ends(processTimeout); got != 130 {
		t.Errorf("status %d, want 130", got)
	}
	s.nothingLeft()
}

// Each makes contexts whose processes, with a program that each runs, must go
// when the master, or they themselves, are killed.
var killed = []struct {
	name  string
	needs []string
	arg   func(t *testing.T) string // what the script gets as its argument
	want  int                       // processes with the mark
	code  string
}{
	{name: "local", want: 2, code: `[router.local(remote_name = MARK)]`},
	{name: "fork", want: 2, code: `[router.fork(remote_name = MARK)]`},
	{name: "chain", want: 6, code: `chain(3)`},
	{name: "ssh", needs: []string{"ssh"}, arg: sshConfig, want: 2,
		code: `[router.ssh(hostname = "web1", config_file = mitogen.args[0], remote_name = MARK)]`},
	{name: "openssh", needs: []string{"ssh"}, arg: sshConfig, want: 2,
		code: `[router.ssh(hostname = "web1", config_file = mitogen.args[0], ssh_path = "ssh", remote_name = MARK)]`},
	{name: "sudo", needs: []string{"root", "sudo"}, want: 2,
		code: `[router.sudo(cache = False, remote_name = MARK)]`},
	{name: "sudo via ssh", needs: []string{"root", "ssh", "sudo"}, arg: sshConfig, want: 4, code: `under_ssh()`},
	{name: "docker", needs: []string{"docker", "busybox"}, arg: dockerImage, want: 2,
		code: `[router.docker(image = mitogen.args[0], remote_name = MARK)]`},
}

func sshConfig(t *testing.T) string { return startSSHD(t, t.TempDir()).Config }

func dockerImage(t *testing.T) string {
	name := fmt.Sprintf("e2e-killed-%d", time.Now().UnixNano())
	importImage(t, name, "")
	return name
}

const killedScript = `
MARK = os.getenv("MARK")
def chain(depth):
    made = []
    for i in range(depth):
        made.append(router.local(remote_name = MARK, via = made[-1] if made else None))
    return made
def under_ssh():
    c = router.ssh(hostname = "web1", config_file = mitogen.args[0], remote_name = MARK)
    return [c, router.sudo(cache = False, via = c, remote_name = MARK)]
def begin(mark):
    # A shell that ignores what a terminal's end would send.
    proc.start(["sh", "-c", "trap '' HUP TERM; while :; do sleep 1; done; : " + mark])
def main(router):
    contexts = %s
    for c in contexts:
        c.call(begin, MARK)
    calls = [c.call_async(time.sleep, 600) for c in contexts]
    print("ready")
    attempt(Select.all, calls)
    mitogen.wait()
`

func TestKilledMasterLeavesNothing(t *testing.T) {
	t.Parallel()
	eachKilled(t, func(s *session) {
		s.signal(syscall.SIGKILL)
		if got := s.ends(processTimeout); got != -int(syscall.SIGKILL) {
			t.Errorf("status %d", got)
		}
	})
}

// The programs of contexts that are killed end, though the script goes on.
func TestKilledContextsLeaveNothing(t *testing.T) {
	t.Parallel()
	eachKilled(t, func(s *session) {
		for _, p := range processes("mitoscript:" + s.mark) {
			pid, err := strconv.Atoi(strings.Fields(p)[0])
			if err != nil {
				s.t.Fatal(err)
			}
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone with the one above
		}
		if left := waitProcesses(s.mark, goneTimeout, func(n int) bool { return n == 0 }); len(left) > 0 {
			s.t.Errorf("still running: %q", left)
		}
		s.signal(syscall.SIGKILL)
		s.ends(processTimeout)
	})
}

func eachKilled(t *testing.T, end func(s *session)) {
	for _, c := range killed {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, tool := range c.needs {
				need(t, tool)
			}
			var args []string
			if c.arg != nil {
				args = append(args, c.arg(t))
			}
			s := startSession(t, "star", fmt.Sprintf(killedScript, c.code), args...)
			s.said("ready")
			enough := func(n int) bool { return n >= c.want }
			if got := waitProcesses(s.mark, processTimeout, enough); !enough(len(got)) {
				t.Fatalf("%d processes, want %d: %q", len(got), c.want, got)
			}
			end(s)
			s.nothingLeft()
		})
	}
}

// A master that is killed during a set-up leaves no first stage behind.
func TestKilledMasterLeavesNoSetUp(t *testing.T) {
	t.Parallel()
	need(t, "ssh")
	mark := fmt.Sprintf("e2e-stuck-%d", time.Now().UnixNano())
	server := startSSHD(t, t.TempDir(), "ForceCommand sh -c 'read line; : "+mark+"'")
	s := startSession(t, "star", `
def main(router, args):
    print("ready")
    router.ssh(hostname = "web1", config_file = args[0])
`, server.Config)
	s.said("ready")
	started := func(n int) bool { return n > 0 }
	if got := waitProcesses(mark, processTimeout, started); !started(len(got)) {
		t.Fatal("the far side was not started")
	}
	s.signal(syscall.SIGKILL)
	s.ends(processTimeout)
	if left := waitProcesses(mark, goneTimeout, func(n int) bool { return n == 0 }); len(left) > 0 {
		t.Errorf("still running: %q", left)
	}
}
