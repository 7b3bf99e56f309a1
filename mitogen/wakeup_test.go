package mitogen_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// Of those who wait for the last item of a Select, one gets it and the others hear
// that there are no members left.
func TestTheLastMemberWakesAllWhoWait(t *testing.T) {
	for range 50 {
		l := &mitogen.Latch{}
		sel, err := mitogen.NewSelect(true, l)
		if err != nil {
			t.Fatal(err)
		}
		const getters = 4
		results := make(chan error, getters)
		for range getters {
			go func() {
				_, err := sel.Get(context.Background())
				results <- err
			}()
		}
		if err := l.Put("one"); err != nil {
			t.Fatal(err)
		}
		got := 0
		for range getters {
			switch err := <-results; {
			case err == nil:
				got++
			case !errors.Is(err, value.KindError) || errors.Is(err, value.KindLatch):
				t.Fatal(err)
			}
		}
		if got != 1 {
			t.Fatalf("%d got the item", got)
		}
		// It can be used again.
		again := &mitogen.Latch{}
		if err := sel.Add(again); err != nil {
			t.Fatal(err)
		}
		if err := again.Put("two"); err != nil {
			t.Fatal(err)
		}
		if ev, err := sel.Get(context.Background()); err != nil || ev.Data != "two" {
			t.Fatalf("got %v, %v", ev, err)
		}
	}
}

func TestAReceiverThatMovesAnswersWhoWaitsForRoom(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	far := deep(master, 2)
	rv, ref := windowed(t, far, 10)
	arrived := make(chan struct{}, 10)
	if err := rv.SetNotify(func() { arrived <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	s := mitogen.NewSenderTo(master.router, ref)
	if err := s.Put(context.Background(), "123456789"); err != nil {
		t.Fatal(err)
	}
	<-arrived
	waiting := puts(s, "123456789", 1)
	asked := puts(mitogen.NewSenderTo(far.router, ref), "12345678", 1) // waits in the same process
	master.settle()
	if err := rv.SetHandle(70_000); err != nil {
		t.Fatal(err)
	}
	wantError(t, <-waiting, value.KindChannel, "invalid handle")
	wantError(t, <-asked, value.KindChannel, "invalid handle")
	if _, err := rv.Get(context.Background()); err != nil {
		t.Fatal(err)
	}
	// The whole window is there for those who send to the new handle.
	port, err := rv.ToSender().Port()
	if err != nil {
		t.Fatal(err)
	}
	moved := mitogen.NewSenderTo(master.router, port.(value.SenderRef))
	for range 3 {
		if err := moved.Put(context.Background(), "123456789"); err != nil {
			t.Fatal(err)
		}
		if _, err := rv.Get(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// deafConn takes nothing, and gives what is in front of it and then nothing.
type deafConn struct {
	said   io.Reader
	once   sync.Once
	closed chan struct{}
}

func (c *deafConn) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
func (c *deafConn) Close() error              { c.once.Do(func() { close(c.closed) }); return nil }
func (c *deafConn) Read(b []byte) (int, error) {
	if n, err := c.said.Read(b); err == nil {
		return n, nil
	}
	<-c.closed
	return 0, net.ErrClosed
}

func TestALinkThatTakesNothingEndsAfterItsLastWords(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	heard := make(chan struct{}, 1)
	if _, err := master.router.AddHandler(mitogen.Handler{Handle: 5000, Func: func(m *mitogen.Message) {
		if !m.IsDead() {
			heard <- struct{}{}
		}
	}}); err != nil {
		t.Fatal(err)
	}
	c, up, down := master.slot("deaf")
	defer func() { _, _ = up.Close(), down.Close() }()
	said, tell := io.Pipe()
	stream := master.router.AttachChild(&deafConn{said: said, closed: make(chan struct{})}, c)
	pending, err := c.SendAsync(&mitogen.Message{Frame: wire.Frame{Handle: 6000}}, false) // the write fails
	if err != nil {
		t.Log(err) // as it may, at once
	}
	f := wire.Frame{Src: c.ID(), Auth: c.ID(), Handle: 5000}
	if _, err := tell.Write(f.AppendHeader(nil)); err != nil {
		t.Fatal(err)
	}
	<-heard
	_ = tell.Close()
	select {
	case <-stream.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("the stream goes on")
	}
	if pending != nil {
		_, err = pending.Get(context.Background())
		wantError(t, err, value.KindChannel, "the respondent Context has disconnected")
	}
}
