//go:build !child

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// localHosts writes an inventory of n hosts that are this machine.
func localHosts(t *testing.T, n int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hosts")
	text := fmt.Sprintf("[web]\nw[1:%d]\n[web:vars]\nansible_connection=local\n", n)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSignalsEndExec(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sig    syscall.Signal
		hosts  int
		status int
		stderr string
	}{
		{syscall.SIGINT, 3, 130, "w[1-3]: unfinished"}, {syscall.SIGTERM, 1, 143, ""}, {syscall.SIGHUP, 3, 129, "unfinished 3"},
	} {
		t.Run(fmt.Sprintf("%v on %d", c.sig, c.hosts), func(t *testing.T) {
			t.Parallel()
			s := startMaster(t, "exec", "-i", localHosts(t, c.hosts), "--", `trap "" INT TERM HUP; echo ready; sh -c "sleep 600 # $MARK"`)
			waitProcesses(s.mark, processTimeout, func(n int) bool { return n >= c.hosts })
			s.said("ready") // what is on its way when the signal comes may be lost
			s.signal(c.sig)
			if got := s.ends(processTimeout); got != c.status {
				t.Errorf("status %d, want %d", got, c.status)
			}
			s.nothingLeft()
			if text := s.text(&s.stderr); !strings.Contains(text, c.stderr) || c.stderr == "" && text != "" {
				t.Errorf("stderr is %q", text)
			}
		})
	}
}

func TestExecEndsWithItsMaster(t *testing.T) {
	t.Parallel()
	for _, signals := range [][]syscall.Signal{{syscall.SIGKILL}, {syscall.SIGINT, syscall.SIGINT}} {
		t.Run(fmt.Sprint(signals), func(t *testing.T) {
			t.Parallel()
			s := startMaster(t, "exec", "-i", localHosts(t, 2), "--", `trap "" INT TERM HUP; sh -c "sleep 600 # $MARK"`)
			waitProcesses(s.mark, processTimeout, func(n int) bool { return n >= 2 })
			for _, sig := range signals {
				s.signal(sig)
			}
			if got := s.ends(processTimeout); got != 130 && got != -int(syscall.SIGKILL) {
				t.Errorf("status %d", got)
			}
			s.nothingLeft()
		})
	}
}

func TestExecOnATerminal(t *testing.T) {
	t.Parallel()
	const command = `until test -e go; do sleep 0.1; done; mkdir once 2>/dev/null && exit 3; echo done here`
	tm := onTerminal(t, 80, "exec", "-i", localHosts(t, 6), "-f", "5", "--", command)
	screen := tm.wait("w5")
	if last := lastLine(screen); !strings.HasPrefix(last, "0 of 6  ") || strings.Contains(last, "w6") {
		t.Errorf("the line is %q", last)
	}
	if err := os.WriteFile(filepath.Join(tm.home, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	screen = tm.wait("failed: exit status 3", "ok 5, failed 1, unreachable 0, slowest w", "[status 4]")
	if strings.Contains(screen, "of 6") || strings.Count(screen, ": done here\n") != 5 || !strings.Contains(screen, "w6: done here") {
		t.Errorf("the screen is\n%s", screen)
	}
}

// One line stays one line, whatever the width, and is gone at the end.
func TestExecOnANarrowTerminal(t *testing.T) {
	t.Parallel()
	tm := onTerminal(t, 20, "NO_COLOR=1", "exec", "-i", localHosts(t, 9), "-o", "table", "--", `until test -e go; do sleep 0.1; done; echo a long line of output`)
	screen := tm.wait("0 of 9  w")
	if last := lastLine(screen); strings.Contains(screen, "\n") || len(last) > 19 {
		t.Errorf("the screen is\n%s", screen)
	}
	if err := os.WriteFile(filepath.Join(tm.home, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	screen = tm.wait("slowest", "[status 0]")
	if strings.Contains(screen, "of 9") || !strings.HasPrefix(screen, "HOST") || strings.Contains(screen, "output") {
		t.Errorf("the screen is\n%s", screen)
	}
}
