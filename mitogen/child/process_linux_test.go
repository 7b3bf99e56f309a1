package child_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/child"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// childArg makes the test binary a child.
const childArg = "run-as-child"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArg {
		os.Exit(child.Main(child.Options{Build: "test", Setup: func(p *child.Process) error {
			p.Server.Dispatcher = &actions{p: p}
			return nil
		}}))
	}
	if len(os.Args) > 2 && os.Args[1] == hostileArg {
		if err := hostileMain(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// Programs with the race detector sleep a second at their end otherwise.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=20"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// actions are what the children of the tests can do.
type actions struct {
	p *child.Process
	// relocated is a page of the program that is not as in its file.
	relocated []byte
}

func (a *actions) Dispatch(ctx context.Context, c *mitogen.Call) (value.Value, error) {
	switch name, _ := c.Func.(string); name {
	case "pid":
		return int64(os.Getpid()), nil
	case "echo":
		return c.Args[0], nil
	case "exit":
		a.p.Exit(3)
	case "wait":
		<-ctx.Done()
		return nil, context.Cause(ctx)
	case "hang":
		select {}
	case "relocate":
		return nil, a.relocate()
	case "relocated":
		return string(a.relocated[:9]), nil
	case "print":
		stdout, _ := a.p.Lend()
		_, err := stdout.WriteString(strings.Repeat(strings.Repeat("x", 1023)+"\n", 1024))
		return nil, err
	case "sh", "sh in the background":
		text, _ := c.Args[0].(string)
		cmd := exec.Command("sh", "-c", text)
		cmd.Stdout, cmd.Stderr = a.p.Lend()
		if name == "sh" {
			return nil, cmd.Run()
		}
		return nil, cmd.Start()
	}
	return nil, errors.New("no such action")
}

// tree is a master that can make children.
type tree struct {
	*testing.T
	router  *mitogen.Router
	factory *parent.Factory
}

func newTree(t *testing.T) *tree { return newTreeWith(t, parent.Options{}) }

func newTreeWith(t *testing.T, opts parent.Options) *tree {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	r := mitogen.NewRouter(mitogen.Options{Log: log})
	opts.Router, opts.Build = r, "test"
	opts.Methods = map[string]parent.Method{"local": direct(childArg)}
	f := parent.New(opts)
	t.Cleanup(func() { r.Broker().Shutdown(); r.Broker().Join() })
	return &tree{t, r, f}
}

func (t *tree) child() *mitogen.Context {
	t.Helper()
	c, err := t.factory.Connect(context.Background(), nil, "local", value.NewDict(0))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (t *tree) call(c *mitogen.Context, fn string, args ...value.Value) value.Value {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	v, err := c.Call(ctx, fn, args...)
	if err != nil {
		t.Fatalf("%s: %v", fn, err)
	}
	return v
}

// within fails the test if ch is not closed in time.
func (t *tree) within(d time.Duration, what string, ch <-chan struct{}) {
	t.Helper()
	select {
	case <-ch:
	case <-time.After(d):
		t.Fatalf("%s: not within %s", what, d)
	}
}

func TestExitInsideACall(t *testing.T) {
	tr := newTree(t)
	c := tr.child()
	_, err := c.Call(context.Background(), "exit")
	if !errors.Is(err, value.KindChannel) {
		t.Fatal(err)
	}
	tr.within(time.Minute, "the end", c.Gone())
}

func TestWhatIsPrintedArrivesBeforeTheResult(t *testing.T) {
	tr := newTree(t)
	var lines atomic.Int64
	if err := tr.router.OnLog(func(r mitogen.LogRecord) {
		if strings.HasPrefix(r.Text, "stdout: xxx") {
			lines.Add(1)
		}
	}); err != nil {
		t.Fatal(err)
	}
	tr.call(tr.child(), "print")
	if n := lines.Load(); n != 1024 {
		t.Fatalf("%d lines", n)
	}
}

func TestAProgramThatPrintsForEverHoldsUpNoResult(t *testing.T) {
	tr := newTree(t)
	c := tr.child()
	tr.call(c, "sh in the background", "exec yes")
	tr.call(c, "pid")
}

func TestProgramsAreNotMadeDeafToSignals(t *testing.T) {
	tr := newTree(t)
	_, err := tr.child().Call(context.Background(), "sh", "kill -PIPE $$; exit 0")
	if err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Fatalf("got %v", err)
	}
}

// witness starts a program that has left its process group, and gives a file that
// ends with it.
func (t *tree) witness(c *mitogen.Context) *os.File {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	t.call(c, "sh", fmt.Sprintf("setsid sh -c 'exec sleep 1000 >%s' & exit 0", fifo))
	f, err := os.Open(fifo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestLossOfTheParentEndsAllThatRuns(t *testing.T) {
	tr := newTree(t)
	c := tr.child()
	file := tr.witness(c)
	go func() { _, _ = c.Call(context.Background(), "hang") }()
	stream := tr.router.StreamByID(c.ID())
	stream.Abort()
	ended := make(chan struct{})
	go func() { defer close(ended); _, _ = io.ReadAll(file) }()
	tr.within(time.Minute, "the program's end", ended)
}

func TestShutdownKillsWhatIsStopped(t *testing.T) {
	tr := newTree(t)
	tr.router.Broker().ShutdownTimeout = 50 * time.Millisecond
	c := tr.child()
	pid := tr.call(c, "pid").(int64)
	if err := syscall.Kill(int(pid), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := tr.factory.Shutdown(context.Background(), c, true); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(int(pid), 0); !errors.Is(err, syscall.ESRCH) {
		t.Fatalf("the process is there: %v", err)
	}
}

func TestTermEndsAHungChild(t *testing.T) {
	tr := newTree(t)
	c := tr.child()
	pid := tr.call(c, "pid").(int64)
	go func() { _, _ = c.Call(context.Background(), "hang") }()
	if err := syscall.Kill(int(pid), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	tr.within(time.Minute, "the end", c.Gone())
}

// Programs that nobody waits for do not stay as zombies.
func TestAdoptedProcessesAreReaped(t *testing.T) {
	tr := newTree(t)
	c := tr.child()
	pid := tr.call(c, "pid").(int64)
	for range 3 {
		tr.call(c, "sh", "for i in 1 2 3 4; do setsid sh -c 'exit 3' & done")
		tr.call(c, "sh", "exit 0") // is waited for as ever
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(60 * time.Second); ; <-tick.C {
		left := childrenOf(t, int(pid))
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("left: %q", left)
		}
	}
	tr.call(c, "sh", "exit 0")
}

// childrenOf gives the processes whose parent pid is.
func childrenOf(t *testing.T, pid int) (found []string) {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil || len(lists) == 0 {
		t.Skip("this kernel does not list children")
	}
	for _, list := range lists {
		data, _ := os.ReadFile(list) // its thread may have ended
		found = append(found, strings.Fields(string(data))...)
	}
	return found
}

// A child that is there but says nothing is noticed; one that is idle is not lost.
func TestStoppedChildIsLost(t *testing.T) {
	t.Parallel()
	tr := newTreeWith(t, parent.Options{KeepAlive: 3 * time.Second})
	idle, stopped := tr.child(), tr.child()
	pid := tr.call(stopped, "pid").(int64)
	failed := make(chan error, 1)
	go func() { _, err := stopped.Call(context.Background(), "wait"); failed <- err }()
	if err := syscall.Kill(int(pid), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	tr.within(60*time.Second, "the loss", stopped.Gone())
	if err := <-failed; !errors.Is(err, value.KindChannel) {
		t.Fatal(err)
	}
	tr.call(idle, "pid")
}
