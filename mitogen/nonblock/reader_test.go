package nonblock_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/nonblock"
)

func open(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	return r, w
}

// echo answers each byte that comes by itself, until the end.
func echo(r io.Reader, w io.Writer) error {
	b := make([]byte, 1)
	for {
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
}

// A conversation of many short answers makes both ends look before they sleep; what
// comes is the same whether they do or not, and so is the end.
func TestConversation(t *testing.T) {
	r1, w1 := open(t)
	r2, w2 := open(t)
	over := make(chan error, 1)
	go func() { over <- echo(nonblock.NewReader(r1), nonblock.New(w2)) }()
	from := nonblock.NewReader(r2)
	got := make([]byte, 16)
	for i := range 20_000 {
		if _, err := w1.Write([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		if n, err := from.Read(got); n != 1 || err != nil || got[0] != byte(i) {
			t.Fatalf("answer %d: %d bytes %v, %v", i, n, got[:n], err)
		}
	}
	_ = w1.Close()
	if err := <-over; err != io.EOF {
		t.Errorf("the far end: %v", err)
	}
	_ = w2.Close()
	if n, err := from.Read(got); n != 0 || err != io.EOF {
		t.Errorf("after the end: %d bytes, %v", n, err)
	}
}

// Looking is over after a moment, whatever it was that did not come.
func TestSilenceIsSlept(t *testing.T) {
	r, w := open(t)
	from := nonblock.NewReader(r)
	b := make([]byte, 8)
	for range 64 { // so that the next wait is looked at
		_, _ = w.Write([]byte("x"))
		if _, err := from.Read(b); err != nil {
			t.Fatal(err)
		}
	}
	before := nonblock.Looked()
	time.AfterFunc(100*time.Millisecond, func() { _, _ = w.Write([]byte("y")) })
	if n, err := from.Read(b); n != 1 || err != nil || b[0] != 'y' {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if looked := nonblock.Looked() - before; looked > 20*time.Millisecond {
		t.Errorf("looked for %s of 100ms", looked)
	}
}

// Who is told not to look sleeps at once, however quick answers have been.
func TestNoLookUnlessAllowed(t *testing.T) {
	r, w := open(t)
	from := nonblock.NewReader(r)
	b := make([]byte, 8)
	for _, may := range []bool{true, false, true} {
		from.Look(may)
		before := nonblock.Looked()
		for range 64 {
			_, _ = w.Write([]byte("x"))
			if _, err := from.Read(b); err != nil {
				t.Fatal(err)
			}
		}
		time.AfterFunc(20*time.Millisecond, func() { _, _ = w.Write([]byte("y")) })
		if _, err := from.Read(b); err != nil {
			t.Fatal(err)
		}
		if looked := nonblock.Looked() - before; (looked > 0) != may {
			t.Errorf("it may look: %t, it looked for %s", may, looked)
		}
	}
}

func TestCloseEndsReadThatLooks(t *testing.T) {
	r, w := open(t)
	from := nonblock.NewReader(r)
	b := make([]byte, 8)
	for range 64 {
		_, _ = w.Write([]byte("x"))
		if _, err := from.Read(b); err != nil {
			t.Fatal(err)
		}
	}
	over := make(chan error, 1)
	go func() { _, err := from.Read(b); over <- err }()
	_ = r.Close()
	select {
	case err := <-over:
		if !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the read goes on")
	}
}

// WriteBuffers writes all of many pieces, however little the pipe takes at once.
func TestWriteBuffers(t *testing.T) {
	r, w := open(t)
	to := nonblock.New(w)
	var pieces net.Buffers
	for i := range 3000 {
		pieces = append(pieces, bytes.Repeat([]byte{byte(i)}, i%7*113))
	}
	want := bytes.Join(pieces, nil)
	over := make(chan error, 1)
	go func() {
		over <- errors.Join(to.WriteBuffers(pieces), to.WriteBuffers(net.Buffers{[]byte("a"), nil, []byte("b")}))
		_ = w.Close()
	}()
	got, err := io.ReadAll(nonblock.NewReader(r))
	if err := errors.Join(err, <-over); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, append(want, "ab"...)) {
		t.Errorf("%d bytes came of %d, or others", len(got), len(want)+2)
	}
}

// The far end is gone: TryWrite takes nothing, Write says why.
func TestTryWriteToNobody(t *testing.T) {
	r, w := open(t)
	_ = r.Close()
	to := nonblock.New(w)
	if n := to.TryWrite([]byte("x")); n != 0 {
		t.Errorf("%d bytes", n)
	}
	if _, err := to.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Error(err)
	}
	if err := to.WriteBuffers(net.Buffers{[]byte("x"), []byte("y")}); !errors.Is(err, syscall.EPIPE) {
		t.Error(err)
	}
}

func BenchmarkConversation(b *testing.B) {
	r1, w1, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	r2, w2, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- echo(nonblock.NewReader(r1), w2) }()
	from, buf := nonblock.NewReader(r2), make([]byte, 1)
	for b.Loop() {
		_, _ = w1.Write(buf)
		_, _ = from.Read(buf)
	}
	_ = w1.Close()
	<-over
	_ = r1.Close()
	_ = r2.Close()
	_ = w2.Close()
}
