package transport_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func TestLocalStartsItself(t *testing.T) {
	checkDescriptors(t)
	_, o := mood(t, "spare")
	l := open(t, &transport.Local{Spawn: o})
	if got, want := firstLine(t, l), strconv.Itoa(l.Pid()); got != want {
		t.Errorf("process %s, want %s", got, want)
	}
}

// What was tried is told without the room for a title.
func TestLocalSaysWhatDidNotStart(t *testing.T) {
	checkDescriptors(t)
	l := &transport.Local{Path: "/no/such/program", Args: []string{"child"}}
	_, err := l.Open(t.Context(), nil)
	const want = "Child start failed: [Errno 2] No such file or directory. Command was: /no/such/program child"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestSelf(t *testing.T) {
	path, err := transport.Self()
	if err != nil || path == "" {
		t.Errorf("%q, %v", path, err)
	}
}

func firstLine(t *testing.T, l transport.Link) string {
	t.Helper()
	var line []byte
	for b := make([]byte, 1); ; line = append(line, b[0]) {
		if _, err := l.Read(b); err != nil {
			t.Fatalf("%v after %q; diagnostics: %s", err, line, l.Diagnostics())
		}
		if b[0] == '\n' {
			return string(line)
		}
	}
}

func forker(t *testing.T) *transport.Forker {
	_, o := mood(t, "spare")
	f := &transport.Forker{Spawn: o}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestForkGivesEachChildOnce(t *testing.T) {
	checkDescriptors(t)
	f := forker(t)
	var mu sync.Mutex
	seen := map[int]bool{}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			l, err := f.Open(t.Context(), nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer end(t, l)
			mu.Lock()
			if seen[l.Pid()] {
				t.Errorf("process %d was given twice", l.Pid())
			}
			seen[l.Pid()] = true
			mu.Unlock()
			_ = firstLine(t, l)
			echo(t, l, fmt.Appendf(nil, "child %d", i))
		})
	}
	all.Wait()
}

// A spare that has another environment than a new process would have is not
// given out.
func TestForkSparesAreFresh(t *testing.T) {
	checkDescriptors(t)
	f := forker(t)
	_, f.Spawn = mood(t, "read line; echo $COUNT $line")
	for i := range 3 {
		t.Setenv("COUNT", strconv.Itoa(i))
		l, err := f.Open(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = l.Write([]byte("configuration\n"))
		if got, want := firstLine(t, l), fmt.Sprintf("%d configuration", i); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		end(t, l)
	}
}

func TestForkAfterClose(t *testing.T) {
	checkDescriptors(t)
	f := forker(t)
	l, err := f.Open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	_ = firstLine(t, l) // lives on
	end(t, l)
	if _, err := f.Open(t.Context(), nil); !errors.Is(err, value.KindStream) {
		t.Errorf("%v, want a StreamError", err)
	}
	if err := syscall.Kill(l.Pid(), 0); err != syscall.ESRCH {
		t.Error(err)
	}
}

func TestForkCancelled(t *testing.T) {
	f := forker(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Open(ctx, nil); !errors.Is(err, value.KindCancelled) {
		t.Errorf("%v, want a CancelledError", err)
	}
}
