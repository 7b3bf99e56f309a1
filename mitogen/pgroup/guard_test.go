package pgroup_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mitoscript/mitoscript/mitogen/pgroup"
)

// victimArg makes the test binary a process that has a Guard and is to be killed.
const victimArg = "run-as-victim"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == victimArg {
		victim()
	}
	goleak.VerifyTestMain(m)
}

// victim starts programs that hold its stdout open, says that all are known to its
// Guard, and waits for its end.
func victim() {
	g := &pgroup.Guard{}
	started := func(setpgid bool, command string) int {
		cmd := exec.Command("sh", "-c", command)
		cmd.Stdout = os.Stdout
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: setpgid}
		if err := cmd.Start(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return cmd.Process.Pid
	}
	done := started(true, "exit 0")
	g.Add(-done)
	g.Add(-started(true, "sleep 777 & sleep 777; true"))
	g.Add(started(false, "exec sleep 777"))
	g.Remove(-done)
	spared := started(true, "exec sleep 777 >/dev/null")
	g.Add(-spared)
	g.Remove(-spared)
	fmt.Println("ready", spared)
	select {}
}

// A killed process takes its programs with it, with all of their groups, and those
// only that its Guard was told of.
func TestKilled(t *testing.T) {
	cmd := exec.Command(os.Args[0], victimArg)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "ready ") {
		t.Fatal(line, err)
	}
	spared, err := strconv.Atoi(strings.Fields(line)[1])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(spared, syscall.SIGKILL) }()
	backstop := time.AfterFunc(2*time.Minute, func() { _ = out.Close() })
	defer backstop.Stop()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 { // the end comes with the last program
		t.Fatalf("%q, %v", rest, err)
	}
	_ = cmd.Wait()
	if err := syscall.Kill(spared, 0); err != nil {
		t.Errorf("a program that was taken back: %v", err)
	}
}

// sleeper is a program in a group of its own; ended waits for its end.
func sleeper(t *testing.T) (pid int, ended func() bool) {
	cmd := exec.Command("sleep", "777")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-done })
	return cmd.Process.Pid, func() bool {
		select {
		case <-done:
			return true
		case <-time.After(time.Minute):
			return false
		}
	}
}

func TestCloseEndsWhatIsLeft(t *testing.T) {
	g := &pgroup.Guard{}
	pid, ended := sleeper(t)
	g.Add(-pid)
	g.Close()
	if !ended() {
		t.Error("it runs on")
	}
	g.Add(-pid) // starts nothing: a keeper that is left would be seen as a goroutine
	g.Close()
}

// A keeper that somebody has killed is replaced, and the new one knows all.
func TestKeeperKilled(t *testing.T) {
	g := &pgroup.Guard{}
	first, firstEnded := sleeper(t)
	second, secondEnded := sleeper(t)
	g.Add(-first)
	killKeeper(t)
	g.Add(-second)
	g.Close()
	if !firstEnded() || !secondEnded() {
		t.Error("it runs on")
	}
}

// A keeper that does not read is replaced, and kills nothing when it goes on.
func TestKeeperStopped(t *testing.T) {
	g := &pgroup.Guard{}
	pid, _ := sleeper(t)
	g.Add(-pid)
	stopped := keeperPid(t)
	if err := syscall.Kill(stopped, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for i := range 8000 { // more than a pipe holds, of numbers that no process has
		g.Add(10_000_000 + i)
		g.Remove(10_000_000 + i)
	}
	_ = syscall.Kill(stopped, syscall.SIGCONT)
	awaitGone(stopped)
	if state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output(); err != nil || state[0] == 'Z' {
		t.Errorf("a program that runs was killed: %q, %v", state, err)
	}
	g.Close()
}

// keeperPid is the keeper of this process.
func keeperPid(t *testing.T) int {
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(os.Getpid()), "-f", "mitoscript:guard$").Output()
	if err != nil {
		t.Fatal("no keeper: ", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// killKeeper kills the keeper of this process and waits until its input is closed.
func killKeeper(t *testing.T) {
	pid := keeperPid(t)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	awaitGone(pid)
}

func awaitGone(pid int) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for syscall.Kill(pid, 0) == nil { // until it is reaped
		<-tick.C
	}
}
