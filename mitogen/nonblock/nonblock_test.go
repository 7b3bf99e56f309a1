package nonblock_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoscript/mitoscript/mitogen/nonblock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipe gives both ends, and what reads and writes them.
func pipe(t *testing.T) (r, w *os.File, from, to *nonblock.Conn) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w, nonblock.New(r), nonblock.New(w)
}

// More than the pipe holds goes through, and then its end.
func TestEverythingArrives(t *testing.T) {
	_, w, from, to := pipe(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	written := make(chan error, 1)
	go func() {
		n, err := to.Write(data)
		if n != len(data) && err == nil {
			err = io.ErrShortWrite
		}
		written <- errors.Join(err, w.Close())
	}()
	got, err := io.ReadAll(from)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes of %d, error %v", len(got), len(data), err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}

func TestTryWriteDoesNotWait(t *testing.T) {
	_, _, from, to := pipe(t)
	data := make([]byte, 1<<20)
	n := to.TryWrite(data)
	if n == 0 || n == len(data) {
		t.Fatalf("wrote %d bytes of %d", n, len(data))
	}
	if more := to.TryWrite(data); more != 0 {
		t.Errorf("wrote %d bytes into a full pipe", more)
	}
	if _, err := io.ReadFull(from, make([]byte, n)); err != nil {
		t.Error(err)
	}
}

// Who waits sees that the file is closed.
func TestCloseEndsARead(t *testing.T) {
	r, _, from, _ := pipe(t)
	done := make(chan error)
	go func() {
		_, err := from.Read(make([]byte, 1))
		done <- err
	}()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil || err == io.EOF {
		t.Errorf("got the error %v", err)
	}
}

func TestErrorsAreTheSystems(t *testing.T) {
	r, _, _, to := pipe(t)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got the error %v", err)
	}
}
