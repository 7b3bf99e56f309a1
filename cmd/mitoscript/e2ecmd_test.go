//go:build !child

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
)

// cmdStatus runs a program and checks its exit status: status N PROGRAM ARG...
func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got, exit := 0, &exec.ExitError{}
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

var clock = regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d `)

// cmdLines checks that an output has a file's lines, in any order, times left
// out: lines stdout|stderr FILE.
func cmdLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lines stdout|stderr FILE")
	}
	got, want := sorted(ts.ReadFile(args[0])), sorted(ts.ReadFile(args[1]))
	if !slices.Equal(got, want) {
		ts.Fatalf("got lines\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func sorted(text string) []string {
	lines := strings.Split(strings.TrimRight(clock.ReplaceAllString(text, ""), "\n"), "\n")
	slices.Sort(lines)
	return lines
}

func tb(ts *testscript.TestScript) testing.TB { return ts.Value(testingKey{}).(testing.TB) }

// cmdNeed skips the script where a tool is missing, or fails if it is required.
func cmdNeed(ts *testscript.TestScript, neg bool, args []string) {
	for _, tool := range args {
		need(tb(ts), tool)
	}
}

func need(t testing.TB, tool string) {
	t.Helper()
	why := ""
	switch tool {
	case "root":
		if os.Geteuid() != 0 {
			why = "this is not root"
		}
	case "docker":
		if err := exec.Command("docker", "info").Run(); err != nil {
			why = "no docker engine answers"
		}
	default:
		if _, err := exec.LookPath(tool); err != nil {
			why = "there is no " + tool
		}
	}
	if why != "" {
		missing(t, tool, why)
	}
}

// missing skips for want of the tool, or fails if it is required.
func missing(t testing.TB, tool, why string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv(sshdtest.Require), ","), tool) {
		t.Fatalf("%s, and %s asks for it", why, sshdtest.Require)
	}
	t.Skip(why)
}

// cmdSSHD runs an sshd until the script ends, with these lines in its
// configuration. $SSH is a client's configuration, $SSHPORT its port, $SSHDIR the
// folder of its files.
func cmdSSHD(ts *testscript.TestScript, neg bool, args []string) {
	s := startSSHD(tb(ts), ts.Getenv("WORK"), args...)
	ts.Setenv("SSH", s.Config)
	ts.Setenv("SSHPORT", strconv.Itoa(s.Port))
	ts.Setenv("SSHDIR", s.Dir)
	ts.Setenv("SSHUSER", s.User)
}

// startSSHD runs an sshd whose sessions keep pushed programs below dir.
func startSSHD(t testing.TB, dir string, lines ...string) *sshdtest.Server {
	t.Helper()
	cache := filepath.Join(dir, "far")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	return sshdtest.Start(t, append(lines, "SetEnv "+sshdtest.PlainShell+" XDG_CACHE_HOME="+cache)...)
}

// processTimeout is how long processes may take to come or to go.
const processTimeout = time.Minute

// goneTimeout is how long a process may outlive its master.
const goneTimeout = 30 * time.Second

// cmdGone waits until no process has any of the texts in its command line.
func cmdGone(ts *testscript.TestScript, neg bool, args []string) {
	for _, text := range args {
		if left := waitProcesses(text, goneTimeout, func(n int) bool { return n == 0 }); len(left) > 0 {
			ts.Fatalf("still running: %q", left)
		}
	}
}

// cmdRunning waits until N processes have the text in their command line.
func cmdRunning(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	enough := func(n int) bool { return n == want }
	if got := waitProcesses(args[1], processTimeout, enough); len(got) != want {
		ts.Fatalf("%d processes, want %d: %q", len(got), want, got)
	}
}

// waitProcesses polls until so many processes as ok accepts have text in their
// command line, or the time is over.
func waitProcesses(text string, timeout time.Duration, ok func(int) bool) []string {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(timeout); ; <-tick.C {
		found := processes(text)
		if ok(len(found)) || time.Now().After(deadline) {
			return found
		}
	}
}

// processes gives the command lines that contain text, but for those of masters
// and tools: children show their title, programs of proc.run are found by their
// own arguments.
func processes(text string) []string {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	var found []string
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		line := strings.TrimRight(strings.ReplaceAll(string(data), "\x00", " "), " ")
		if strings.Contains(line, text) {
			found = append(found, strings.TrimSuffix(strings.TrimPrefix(f, "/proc/"), "/cmdline")+" "+line)
		}
	}
	return found
}

// cmdKilled kills the processes that have the text in their command line.
func cmdKilled(ts *testscript.TestScript, neg bool, args []string) {
	for _, line := range processes(args[0]) {
		number, _, _ := strings.Cut(line, " ")
		pid, err := strconv.Atoi(number)
		ts.Check(err)
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	}
}
