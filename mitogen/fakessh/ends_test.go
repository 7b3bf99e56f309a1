package fakessh_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/fakessh"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// What a command leaves behind may hold its stdin without reading it.
func TestACommandEndsWithItsInputUnread(t *testing.T) {
	c := pair(t, io.Discard, nil)
	_, out := run(t, c, `pid=$(ssh far 'exec 3<&0; sleep 1000 <&3 >/dev/null 2>&1 & echo $!; exit 3' </dev/zero); echo $?; kill $pid`)
	if out != "3\n" {
		t.Errorf("got %q, want the status 3", out)
	}
}

// Another program's run looks whether the folders that it finds are still in use.
func TestAnotherRunIsNotLogged(t *testing.T) {
	logged, log := pipe(t)
	c := pair(t, log, nil)
	in, stop := pipe(t)
	out, ready := pipe(t)
	done := make(chan error, 1)
	go func() {
		_, err := fakessh.Run(t.Context(), fakessh.Options{Dest: c, Args: []string{"sh", "-c", "echo; read x"}, Stdin: in, Stdout: ready})
		done <- err
	}()
	await(t, out, 1)
	if status, err := fakessh.Run(t.Context(), fakessh.Options{Dest: c, Args: []string{"true"}}); status != 0 || err != nil {
		t.Errorf("got status %d and %v", status, err)
	}
	_ = stop.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	_ = log.Close()
	if text, err := io.ReadAll(logged); err != nil || len(text) > 0 {
		t.Errorf("logged %q, %v", text, err)
	}
}

// An ssh that is killed while it says what it wants leaves no descriptors here, which
// somebody may wait for the end of.
func TestAnSSHThatSaysHalfIsLetGo(t *testing.T) {
	c := pair(t, io.Discard, nil)
	in, stop := pipe(t)
	out, ready := pipe(t)
	done := make(chan error, 1)
	go func() {
		_, err := fakessh.Run(t.Context(), fakessh.Options{Dest: c, Args: []string{"sh", "-c", "echo; read x"}, Stdin: in, Stdout: ready})
		done <- err
	}()
	await(t, out, 1)
	sockets, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "mitoscript-fakessh-*", "s"))
	if len(sockets) != 1 {
		t.Fatalf("got the sockets %q", sockets)
	}
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: sockets[0], Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	r, w := pipe(t)
	fd := int(w.Fd())
	if _, _, err := conn.WriteMsgUnix(binary.BigEndian.AppendUint32(nil, 100), unix.UnixRights(fd, fd, fd), nil); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	_ = conn.Close()
	await(t, r, 0)
	_ = stop.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// pipe makes a pipe that is closed at the end of the test.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	return r, w
}

// await waits for so many bytes; for the end of r if that is 0.
func await(t *testing.T, r *os.File, n int) {
	t.Helper()
	if err := r.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadFull(r, make([]byte, max(n, 1)))
	if n == 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil || got != n {
		t.Fatalf("got %d bytes, want %d: %v", got, n, err)
	}
}

// A command that was started when nobody waited for it any more is ended, whether
// its answer was on the way or the order was.
func TestACommandThatNobodyWaitsForIsEnded(t *testing.T) {
	for _, when := range []string{"order", "answer"} {
		t.Run(when, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			left, started := make(chan struct{}), make(chan struct{})
			c := pair(t, io.Discard, func(r *mitogen.Router) {
				services := (&fakessh.Server{}).Services()
				start := services["fakessh"].Func
				wait := func() {
					cancel(value.Errorf(value.KindCancelled, "it is not needed"))
					<-left
				}
				services["fakessh"] = mitogen.Service{Func: func(ctx context.Context, m *mitogen.Message, arg value.Value) (value.Value, error) {
					defer close(started)
					if when == "order" {
						wait()
					}
					v, err := start(ctx, m, arg)
					if when == "answer" {
						wait()
					}
					return v, err
				}}
				if err := mitogen.Serve(r, services); err != nil {
					t.Error(err)
				}
			})
			mark := fmt.Sprintf("nobody-waits-%d-%s", os.Getpid(), when)
			_, err := fakessh.Exec(ctx, fakessh.Command{Dest: c, Line: "cat; : " + mark})
			if !errors.Is(err, value.KindCancelled) {
				t.Errorf("got %v, want a CancelledError", err)
			}
			close(left)
			<-started
			gone(t, mark)
		})
	}
}

// gone waits until no process has the mark among its arguments.
func gone(t *testing.T, mark string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		out, err := exec.Command("ps", "-A", "-o", "args").Output()
		if err != nil {
			t.Skip("this system does not tell what runs: " + err.Error())
		}
		if !strings.Contains(string(out), mark) {
			return
		}
	}
	t.Errorf("%s still runs", mark)
}
