package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// tenMB has every byte, and no period that a buffer's size could hide in.
func tenMB() []byte {
	b := make([]byte, 10<<20)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func spawn(t *testing.T, argv []string, tty transport.TTYMode, react transport.React) *transport.Process {
	t.Helper()
	p, err := transport.Spawn(t.Context(), "test", argv, tty, react, transport.SpawnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, p) })
	return p
}

func TestEchoExact(t *testing.T) {
	for name, c := range map[string]struct {
		tty  transport.TTYMode
		argv []string
	}{
		"pipes":           {transport.NoTTY, []string{"cat"}},
		"stderr on a tty": {transport.StderrTTY, []string{"cat"}},
		"all on a tty":    {transport.AllTTY, []string{"sh", "-c", "exec cat <&3 >&4"}},
	} {
		t.Run(name, func(t *testing.T) {
			checkDescriptors(t)
			echo(t, spawn(t, c.argv, c.tty, nil), tenMB())
		})
	}
}

// A program that writes more to its terminal than that holds must not be stuck.
func TestTerminalIsDrained(t *testing.T) {
	checkDescriptors(t)
	p := spawn(t, []string{"sh", "-c", "i=0; while [ $i -lt 5000 ]; do echo noise $i >&2; i=$((i+1)); done; exec cat"},
		transport.StderrTTY, nil)
	echo(t, p, []byte("after the noise"))
	_ = p.Wait()
	d := p.Diagnostics()
	if len(d) > 32<<10 || !strings.HasSuffix(d, "noise 4998\nnoise 4999") || !strings.HasPrefix(d, "noise ") {
		t.Errorf("diagnostics of %d bytes end %q", len(d), d[max(0, len(d)-40):])
	}
}

func TestTerminalOutlivesSlaves(t *testing.T) {
	checkDescriptors(t)
	p := spawn(t, []string{"sh", "-c", "exec 2>/dev/null; echo up; exec cat"}, transport.StderrTTY, nil)
	echoed := make([]byte, 3)
	if _, err := p.Read(echoed); err != nil || string(echoed) != "up\n" {
		t.Fatalf("%q, %v", echoed, err)
	}
	echo(t, p, []byte("no hang-up"))
}

func TestSessionOfItsOwn(t *testing.T) {
	checkDescriptors(t)
	p := spawn(t, []string{"sh", "-c", "ps -o sid= -p $$ 2>/dev/null || echo $$; exec cat"}, transport.NoTTY, nil)
	buf := make([]byte, 32)
	n, _ := p.Read(buf)
	if got := strings.TrimSpace(string(buf[:n])); got != strconv.Itoa(p.Pid()) {
		t.Errorf("session %s, want %d", got, p.Pid())
	}
}

func TestExitTexts(t *testing.T) {
	checkDescriptors(t)
	for script, want := range map[string]string{
		"exit 0":     "exited with return code 0",
		"exit 1":     "exited with return code 1",
		"kill -9 $$": "exited due to signal 9 (SIGKILL)",
	} {
		p := spawn(t, []string{"sh", "-c", script}, transport.NoTTY, nil)
		var waiters sync.WaitGroup
		for range 3 {
			waiters.Go(func() {
				if got := p.Wait().Error(); got != want {
					t.Errorf("%s: %s, want %s", script, got, want)
				}
			})
		}
		waiters.Wait()
	}
}

func TestDiagnosticsEscaped(t *testing.T) {
	checkDescriptors(t)
	p := spawn(t, []string{"sh", "-c", `printf 'a\033[31mb\r\nc\377\td\302\233\nlast' >&2`}, transport.NoTTY, nil)
	_ = p.Wait()
	if got, want := p.Diagnostics(), "a\\x1b[31mb\nc\\xff\td\\u009b\nlast"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLinesAreLogged(t *testing.T) {
	var log bytes.Buffer
	h := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p, err := transport.Spawn(t.Context(), "ssh.web1", []string{"sh", "-c", "echo debug1: hello >&2"},
		transport.NoTTY, nil, transport.SpawnOptions{Log: h})
	if err != nil {
		t.Fatal(err)
	}
	end(t, p)
	if !strings.Contains(log.String(), "ssh.web1: debug1: hello") {
		t.Errorf("log is %q", log.String())
	}
}

func TestReactSeesLinesAndQuestions(t *testing.T) {
	checkDescriptors(t)
	var seen []string
	p := spawn(t, []string{"sh", "-c", `echo first >&2; printf 'name? ' >&2; read x </dev/tty; echo "hello $x" >&2; echo done`},
		transport.StderrTTY, func(line []byte, partial bool) ([]byte, error) {
			if partial {
				seen = append(seen, "?"+string(line))
				return []byte("bob\n"), nil
			}
			seen = append(seen, string(line))
			return nil, nil
		})
	_ = p.Wait()
	if got := strings.Join(seen, "|"); got != "first|?name? |hello bob" {
		t.Errorf("react saw %q", got)
	}
}

func TestReadyEndsQuestions(t *testing.T) {
	checkDescriptors(t)
	p := spawn(t, []string{"sh", "-c", "read x; echo Permission denied >&2"}, transport.NoTTY,
		func([]byte, bool) ([]byte, error) { return nil, errors.New("was asked") })
	transport.Ready(p)
	_ = p.CloseWrite()
	_ = p.Wait()
	select {
	case err := <-p.Failure():
		t.Error(err)
	default:
	}
}

func TestStartErrors(t *testing.T) {
	checkDescriptors(t)
	for _, c := range []struct{ prog, want string }{
		{"no-such-program", "Child start failed: [Errno 2] No such file or directory. Command was: no-such-program 'a b'"},
		{"/no/such/program", "Child start failed: [Errno 2] No such file or directory. Command was: /no/such/program 'a b'"},
		{"/etc/passwd", "Child start failed: [Errno 13] Permission denied. Command was: /etc/passwd 'a b'"},
	} {
		_, err := transport.Spawn(t.Context(), "test", []string{c.prog, "a b"}, transport.StderrTTY, nil, transport.SpawnOptions{})
		if err == nil || err.Error() != c.want || !errors.Is(err, value.KindStream) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

func TestSpawnAfterCancel(t *testing.T) {
	checkDescriptors(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := transport.Spawn(ctx, "test", []string{"cat"}, transport.NoTTY, nil, transport.SpawnOptions{})
	if !errors.Is(err, value.KindCancelled) {
		t.Errorf("%v, want a CancelledError", err)
	}
}

func TestExtraFilesAndArgv0(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p, err := transport.Spawn(t.Context(), "test", []string{"sh", "-c", "cat <&3; echo $0"}, transport.NoTTY, nil,
		transport.SpawnOptions{ExtraFiles: []*os.File{r}, Argv0: "renamed"})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.WriteString("extra ")
	_ = w.Close()
	buf := make([]byte, 64)
	n, _ := p.Read(buf)
	if string(buf[:n]) != "extra " {
		t.Errorf("%q", buf[:n])
	}
	end(t, p)
}

// Where the link itself has the descriptor, there is no second way.
func TestSecondWay(t *testing.T) {
	for tty, want := range map[transport.TTYMode]string{transport.NoTTY: "socket:", transport.StderrTTY: "socket:", transport.AllTTY: "pipe:"} {
		script := fmt.Sprintf("readlink /proc/$$/fd/%d >&%d", transport.BulkFD, map[bool]int{false: 1, true: 4}[tty == transport.AllTTY])
		p, err := transport.Spawn(t.Context(), "test", []string{"sh", "-c", script}, tty, nil, transport.SpawnOptions{Bulk: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { end(t, p) })
		got, _ := io.ReadAll(p)
		if runtime.GOOS == "linux" && !strings.HasPrefix(string(got), want) {
			t.Errorf("mode %v: the descriptor is %q, want %s", tty, got, want)
		}
		if there := p.Bulk() != nil; there != strings.HasPrefix(string(got), "socket:") {
			t.Errorf("mode %v: a second way here is %t, there it is %q", tty, there, got)
		}
	}
}

func TestEndEscalates(t *testing.T) {
	checkDescriptors(t)
	for _, c := range []struct {
		name, script string
		want         syscall.Signal
	}{
		{"on end of stdin", "echo up; cat", 0},
		{"on SIGTERM", "echo up; exec sleep 1000", syscall.SIGTERM},
		{"on SIGKILL", "trap '' TERM; echo up; while :; do sleep 1; done", syscall.SIGKILL},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := spawn(t, []string{"sh", "-c", c.script}, transport.NoTTY, nil)
			_, _ = p.Read(make([]byte, 3))
			if err := p.End(t.Context(), 100*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			var exit *transport.ExitError
			if !errors.As(p.Wait(), &exit) || exit.Signal != c.want {
				t.Errorf("%v, want signal %d", p.Wait(), c.want)
			}
		})
	}
}

func TestEndKillsAtOnceWhenCancelled(t *testing.T) {
	checkDescriptors(t)
	p := spawn(t, []string{"sleep", "1000"}, transport.StderrTTY, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.End(ctx, time.Hour); err != nil {
		t.Fatal(err)
	}
}

// Close does not wait, yet leaves nothing: neither process nor helper of it.
func TestCloseEndsTheGroup(t *testing.T) {
	checkDescriptors(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p, err := transport.Spawn(t.Context(), "test", []string{"sh", "-c", "sleep 1000 & echo up; wait"}, transport.NoTTY, nil,
		transport.SpawnOptions{ExtraFiles: []*os.File{w}})
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	buf := make([]byte, 3)
	if _, err := p.Read(buf); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Read(buf); err == nil {
		t.Error("a closed link gave bytes")
	}
	_, _ = r.Read(buf) // ends when both have: each holds the other end
	_ = p.Wait()
}

func TestDetachSendsNoSignals(t *testing.T) {
	checkDescriptors(t)
	p := spawn(t, []string{"sh", "-c", "cat >/dev/null; exec sleep 1000"}, transport.NoTTY, nil)
	if err := transport.Detach(p); err != nil {
		t.Fatal(err)
	}
	_ = p.Close()
	select {
	case <-p.Done():
		t.Errorf("ended: %v", p.Wait())
	case <-time.After(1500 * time.Millisecond): // longer than Close's grace
	}
	_ = p.Kill()
}

func TestKill(t *testing.T) {
	checkDescriptors(t)
	p := spawn(t, []string{"sleep", "1000"}, transport.NoTTY, nil)
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if got := p.Wait().Error(); got != "exited due to signal 9 (SIGKILL)" {
		t.Error(got)
	}
	if err := p.Kill(); err != nil {
		t.Errorf("the second time: %v", err)
	}
}
