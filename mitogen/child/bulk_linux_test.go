package child_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// muchData is more than a link holds, so that who sends it waits within it.
const muchData = 1 << 20

// echo calls the child with n bytes, and gives an error if others come back.
func echo(ctx context.Context, c *mitogen.Context, n int) error {
	data := value.Bytes(bytes.Repeat([]byte{byte(n), byte(n >> 8), byte(n >> 16), 1, 2, 3, 5}, n/7+1)[:n])
	got, err := c.Call(ctx, "echo", data)
	if err != nil {
		return err
	}
	if got != data {
		return fmt.Errorf("of %d bytes others came back: %s", n, value.TypeName(got))
	}
	return nil
}

// Small and large data pass each other on the two ways of a link, in both directions,
// and nothing gets into something else.
func TestCallsDuringBulkData(t *testing.T) {
	tr := newTree(t)
	c := tr.child()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for _, n := range []int{1, 1000, 5000, wire.BulkData - 40, wire.BulkData, wire.BulkData + 1, wire.BufferData, 100_000, muchData} {
		all.Go(func() {
			for i := range 20 {
				if err := echo(ctx, c, n+i); err != nil {
					t.Errorf("%d bytes: %v", n+i, err)
					return
				}
			}
		})
	}
	all.Wait()
}

// stuck is a child that was stopped, and calls that it has not got all data of.
func (t *tree) stuck() (c *mitogen.Context, pid int, calls chan error) {
	t.Helper()
	const many = 5
	c = t.child()
	pid = int(t.call(c, "pid").(int64))
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := unix.Waitid(unix.P_PID, pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	calls = make(chan error, many)
	for i := range many {
		go func() { calls <- echo(context.Background(), c, muchData+i) }()
	}
	// Others do not wait longer than they want to.
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := echo(ctx, c, muchData); !errors.Is(err, value.KindTimeout) {
		t.Fatalf("a call of a child that is stopped: %v", err)
	}
	return c, pid, calls
}

// ended gives what the calls ended with.
func (t *tree) ended(calls chan error) (errs []error) {
	t.Helper()
	limit := time.After(time.Minute)
	for range cap(calls) {
		select {
		case err := <-calls:
			errs = append(errs, err)
		case <-limit:
			t.Fatal("a call does not end")
		}
	}
	return errs
}

func TestStoppedWithinBulkDataGoesOn(t *testing.T) {
	tr := newTree(t)
	_, pid, calls := tr.stuck()
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for _, err := range tr.ended(calls) {
		if err != nil {
			t.Error(err)
		}
	}
}

// However a link ends within bulk data, all who wait for it are told.
func TestEndWithinBulkData(t *testing.T) {
	for name, end := range map[string]func(tr *tree, c *mitogen.Context, pid int) error{
		"kill": func(_ *tree, _ *mitogen.Context, pid int) error { return syscall.Kill(pid, syscall.SIGKILL) },
		"cut":  func(tr *tree, c *mitogen.Context, _ int) error { tr.router.StreamByID(c.ID()).Abort(); return nil },
		"shutdown": func(tr *tree, c *mitogen.Context, _ int) error {
			return tr.factory.Shutdown(context.Background(), c, true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTree(t)
			tr.router.Broker().ShutdownTimeout = 50 * time.Millisecond
			c, pid, calls := tr.stuck()
			if err := end(tr, c, pid); err != nil {
				t.Fatal(err)
			}
			for _, err := range tr.ended(calls) {
				if !errors.Is(err, value.KindChannel) {
					t.Errorf("a call ended with %v", err)
				}
			}
			tr.within(time.Minute, "the end", c.Gone())
		})
	}
}

// A child that is killed while its results wait for a parent that does not read: what
// came whole is a result, the rest is lost.
func TestKilledWithinItsResults(t *testing.T) {
	tr := newTree(t)
	c := tr.child()
	pid := int(tr.call(c, "pid").(int64))
	stream := tr.router.StreamByID(c.ID())
	stream.Pause()
	calls := make(chan error, 8)
	for i := range cap(calls) {
		go func() { calls <- echo(context.Background(), c, 100_000+i) }()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	for ctx.Err() == nil { // its results are on their way
		_ = echo(ctx, c, 100_000)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	stream.Resume()
	for _, err := range tr.ended(calls) {
		if err != nil && !errors.Is(err, value.KindChannel) {
			t.Error(err)
		}
	}
	tr.within(time.Minute, "the end", c.Gone())
}

// A child whose second way is closed takes nothing any more, though it lives.
func TestBulkDataForOneWhoTakesNone(t *testing.T) {
	at := newAttackedTree(t)
	evil, err := at.factory.Connect(context.Background(), nil, "close the second way", value.NewDict(0))
	if err != nil {
		t.Fatal(err)
	}
	at.outcome(evil, "closed", false)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := echo(ctx, evil, 100_000); !errors.Is(err, value.KindChannel) {
		t.Errorf("the call ended with %v", err)
	}
	at.within(time.Minute, "the end", evil.Gone())
	at.call(at.victim, "pid")
}

// Of a link that is cut within bulk data that is an error, whatever waited to be read.
func TestCutWithinBulkDataBothWays(t *testing.T) {
	at := newAttackedTree(t)
	evil, err := at.factory.Connect(context.Background(), nil, "send half of bulk data and read half", value.NewDict(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := echo(context.Background(), evil, 100_000); !errors.Is(err, value.KindChannel) {
		t.Errorf("the call ended with %v", err)
	}
	if log, want := at.log.String(), `level=ERROR msg="stream lost"`; !strings.Contains(log, want) {
		t.Errorf("the log has no %s:\n%s", want, log)
	}
}

// A child has its own end of its second way, and the programs that it starts have none.
func TestTheSecondWayIsNotInherited(t *testing.T) {
	tr := newTree(t)
	before := sockets(t, os.Getpid())
	first, second := tr.child(), tr.child()
	for _, c := range []*mitogen.Context{first, second} {
		own := sockets(t, int(tr.call(c, "pid").(int64)))
		own = slices.DeleteFunc(own, func(s string) bool { return slices.Contains(before, s) })
		if len(own) != 1 {
			t.Fatalf("the child has the sockets %q", own)
		}
		file := filepath.Join(t.TempDir(), "fds")
		tr.call(c, "sh", fmt.Sprintf(`for f in /proc/$$/fd/*; do readlink $f || :; done >%s`, file))
		if data, err := os.ReadFile(file); err != nil || !strings.Contains(string(data), os.DevNull) || strings.Contains(string(data), own[0]) {
			t.Errorf("a program of the child that has %s has\n%s%v", own[0], data, err)
		}
	}
}

// sockets are those that a process has.
func sockets(t *testing.T, pid int) (found []string) {
	t.Helper()
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil || len(fds) == 0 {
		t.Skip("this kernel does not list descriptors")
	}
	for _, fd := range fds {
		if to, _ := os.Readlink(fd); strings.HasPrefix(to, "socket:") { // it may be closed by now
			found = append(found, to)
		}
	}
	return found
}
