package fakessh_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/fakessh"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// TestMain makes the test program the ssh of what Run starts.
func TestMain(m *testing.M) {
	if fakessh.IsClient() {
		os.Exit(fakessh.ClientMain())
	}
	goleak.VerifyTestMain(m)
}

// patience is far more than anything here takes.
const patience = time.Minute

func newRouter(t *testing.T, log io.Writer, id uint32, parents ...uint32) *mitogen.Router {
	t.Helper()
	r := mitogen.NewRouter(mitogen.Options{ID: id, ParentIDs: parents, Log: slog.New(slog.NewTextHandler(log, nil))})
	t.Cleanup(func() { r.Broker().Shutdown(); r.Broker().Join() })
	return r
}

// pair is a master and a child, which are in this process. serve says what the
// child has beside a router; nil for the services.
func pair(t *testing.T, log io.Writer, serve func(*mitogen.Router)) *mitogen.Context {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	master := newRouter(t, log, 0)
	id, err := master.AllocateID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := master.NewChild(id, "far")
	child := newRouter(t, log, id, 0)
	if serve == nil {
		serve = func(r *mitogen.Router) {
			if err := mitogen.Serve(r, (&fakessh.Server{}).Services()); err != nil {
				t.Fatal(err)
			}
		}
	}
	serve(child)
	up, down := net.Pipe()
	master.AttachChild(up, c)
	child.AttachParent(down, nil)
	return c
}

// run runs a program of the shell, and returns its status and what it wrote.
func run(t *testing.T, c *mitogen.Context, script string) (status int, out string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	status, err = fakessh.Run(ctx, fakessh.Options{Dest: c, Args: []string{"sh", "-c", script}, Stdout: f, Stderr: f})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	return status, string(text)
}

func TestDataIsExactBothWays(t *testing.T) {
	c := pair(t, io.Discard, nil)
	status, out := run(t, c, `
		head -c 5000000 /dev/urandom > "$TMPDIR/../sent"; ssh far cat < "$TMPDIR/../sent" > "$TMPDIR/../back"
		cmp "$TMPDIR/../sent" "$TMPDIR/../back" && echo same; rm "$TMPDIR/../sent" "$TMPDIR/../back"
		echo in | ssh far 'cat; pwd >&2; exit 7'`)
	if want := "same\nin\n" + os.Getenv("HOME") + "\n"; status != 7 || len(out) != len(want) || !strings.HasPrefix(out, "same\n") {
		t.Errorf("got status %d and %q, want 7 and %q", status, out, want)
	}
}

func TestFolderAndSocketArePrivate(t *testing.T) {
	c := pair(t, io.Discard, nil)
	status, out := run(t, c, `stat -c '%a %F' "$MITOSCRIPT_FAKESSH"; MITOSCRIPT_FAKESSH_TOKEN=guess ssh far echo let in`)
	if want := "700 directory\n"; status != fakessh.Failed || !strings.HasPrefix(out, want) || strings.Contains(out, "let in\n") {
		t.Errorf("got status %d and %q, want %d and %q", status, out, fakessh.Failed, want)
	}
}

func TestAFolderThatWasLeftBehindIsSwept(t *testing.T) {
	c := pair(t, io.Discard, nil)
	dir, err := os.MkdirTemp("", "mitoscript-fakessh-")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	_ = l.Close()
	if status, out := run(t, c, "exit 0"); status != 0 {
		t.Errorf("got status %d and %q", status, out)
	}
}

func TestTheEndOfTheContextEndsItsProgram(t *testing.T) {
	c := pair(t, io.Discard, nil)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close(); _ = w.Close() }()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		_, _ = r.Read(make([]byte, 100))
		cancel(value.Errorf(value.KindTimeout, "it took too long"))
	}()
	_, err = fakessh.Run(ctx, fakessh.Options{Dest: c, Stdout: w, Args: []string{"sh", "-c", "ssh far 'echo started; exec sleep 1000'"}})
	if !errors.Is(err, value.KindTimeout) {
		t.Errorf("got %v, want a TimeoutError", err)
	}
}

// A far side that sends more than it may loses the session, in bounded memory.
func TestAFloodEndsTheSession(t *testing.T) {
	c := pair(t, io.Discard, func(r *mitogen.Router) {
		flood := func(_ context.Context, m *mitogen.Message, arg value.Value) (value.Value, error) {
			to := uint32(arg.(value.List)[1].(int64))
			handle, err := r.AddHandler(mitogen.Handler{Func: func(*mitogen.Message) {}})
			if err != nil {
				return nil, err
			}
			for range 40 { // more than the window
				data := append([]byte{0, 2}, make([]byte, 60<<10)...)
				if err := r.ContextByID(m.Src, "").Send(&mitogen.Message{Frame: wire.Frame{Handle: to, Data: data}}); err != nil {
					return nil, err
				}
			}
			return int64(handle), nil
		}
		if err := mitogen.Serve(r, map[string]mitogen.Service{"fakessh": {Func: flood}}); err != nil {
			t.Error(err)
		}
	})
	status, out := run(t, c, "ssh far anything 2>&1 | tr -d '\\0'")
	if !strings.Contains(out, "more was sent than the window") {
		t.Errorf("got status %d and %.200q", status, out)
	}
}

func TestMalformedMessagesEndTheSession(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing": {}, "no stream": {0, 9}, "no kind": {99, 0}, "half a credit": {2, 0, 1}, "half an exit": {4, 0, 1},
		"an exit": append([]byte{4, 0}, binary.BigEndian.AppendUint32(nil, 3)...),
	} {
		t.Run(name, func(t *testing.T) {
			c := pair(t, io.Discard, func(r *mitogen.Router) {
				say := func(_ context.Context, m *mitogen.Message, arg value.Value) (value.Value, error) {
					to := uint32(arg.(value.List)[1].(int64))
					handle, err := r.AddHandler(mitogen.Handler{Func: func(*mitogen.Message) {}})
					if err == nil {
						err = r.ContextByID(m.Src, "").Send(&mitogen.Message{Frame: wire.Frame{Handle: to, Data: bytes.Clone(data)}})
					}
					return int64(handle), err
				}
				if err := mitogen.Serve(r, map[string]mitogen.Service{"fakessh": {Func: say}}); err != nil {
					t.Error(err)
				}
			})
			want := fakessh.Failed
			if name == "an exit" {
				want = 3
			}
			if status, out := run(t, c, "ssh far anything </dev/null"); status != want {
				t.Errorf("got status %d and %q, want %d", status, out, want)
			}
		})
	}
}
