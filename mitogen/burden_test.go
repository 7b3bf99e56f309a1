package mitogen_test

import (
	"context"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

func TestWhatNobodyReadsIsBounded(t *testing.T) {
	master := newTree(t, mitogen.Options{MaxUnread: 10_000})
	rv, err := mitogen.NewReceiver(master.router, mitogen.ReceiverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h := master.hostile(t)
	put := func(n int) (refused int) {
		for range n {
			h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: rv.Handle(), ReplyTo: 41, Data: encoded(t, strings.Repeat("x", 1000))})
		}
		for _, f := range h.ping() {
			if f.Handle != 41 || f.ReplyTo != wire.IsDead || !strings.Contains(string(f.Data), "is unread") {
				t.Fatalf("got %+v", f)
			}
			refused++
		}
		return refused
	}
	if n := put(7); n != 0 {
		t.Fatalf("%d messages within the bound were refused", n)
	}
	if n := put(3); n != 3 {
		t.Fatalf("%d of 3 were refused", n)
	}
	for range 2 {
		if _, err := rv.Get(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if n := put(2); n != 0 {
		t.Fatalf("%d were refused when there was room again", n)
	}
	rv.Close() // what it has is bounded now, and counts no more
	if rv, err = mitogen.NewReceiver(master.router, mitogen.ReceiverOptions{}); err != nil {
		t.Fatal(err)
	}
	if n := put(7); n != 0 {
		t.Fatalf("%d were refused after the Receiver was closed", n)
	}
}

func TestOneWhoForgesOnAndOnLosesTheLink(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	victim := master.child("victim", nil)
	h := master.hostile(t)
	stream := master.router.StreamByID(h.id)
	forged := make([]wire.Frame, 100)
	for i := range forged {
		forged[i] = wire.Frame{Dst: victim.router.ID(), Src: h.id, Auth: 0, Handle: 5000}
	}
	h.batch(forged)
	<-stream.Done()
	if log := master.log.String(); !strings.Contains(log, "too many forged messages") {
		t.Fatalf("log:\n%s", log)
	}
	if got, err := master.from(victim).Call(context.Background(), "echo", "there"); err != nil || got != "there" {
		t.Fatalf("the sibling: %v, %v", got, err)
	}
}

func TestLargeRequestsFromBelowAreRefused(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	if err := mitogen.Serve(master.router, map[string]mitogen.Service{}); err != nil {
		t.Fatal(err)
	}
	h := master.hostile(t)
	h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: wire.CallService, ReplyTo: 41, Data: encoded(t, strings.Repeat("x", 70_000))})
	if seen := h.ping(); len(seen) != 1 || !strings.Contains(string(seen[0].Data), "the request is too large") {
		t.Fatalf("got %+v", seen)
	}
}

// A waiter believes that another is dead only if it hears so from those who know.
func TestNobodyElseSaysWhoIsDead(t *testing.T) {
	for _, tt := range []struct {
		name string
		// plant gives who waits, on whom, and who lies.
		plant func(t *testing.T, master *contextNode, running chan struct{}) (waiter, target *contextNode, liar *hostile)
	}{
		{"a stranger to a waiter on a sibling", func(t *testing.T, m *contextNode, r chan struct{}) (w, target *contextNode, liar *hostile) {
			a, b := m.child("a", nil), m.child("b", nil)
			return a, b.child("b1", blocked(r)), m.hostile(t)
		}},
		{"a neighbour of the respondent to one above", func(t *testing.T, m *contextNode, r chan struct{}) (w, target *contextNode, liar *hostile) {
			b := m.child("b", nil)
			return m, b.child("b1", blocked(r)), b.hostile(t)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			master := newTree(t, mitogen.Options{})
			running := make(chan struct{}, 1)
			waiter, target, liar := tt.plant(t, master, running)
			if _, err := target.router.AddHandler(mitogen.Handler{Handle: 5000, Func: func(*mitogen.Message) { running <- struct{}{} }}); err != nil {
				t.Fatal(err)
			}
			rv, err := waiter.from(target).SendAsync(&mitogen.Message{Frame: wire.Frame{Handle: 5000}}, false)
			if err != nil {
				t.Fatal(err)
			}
			<-running
			liar.send(wire.Frame{Dst: waiter.router.ID(), Src: liar.id, Auth: liar.id, Handle: rv.Handle(), ReplyTo: wire.IsDead, Data: []byte("forged")})
			liar.ping()
			waiter.settle()
			if _, err := rv.TryGet(); err == nil || value.AsError(err).Kind != value.KindTimeout {
				t.Fatalf("the waiter got %v", err)
			}
		})
	}
}

func TestRefusalOnTheWayDownIsHeard(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	a, b := master.child("a", nil), master.child("b", nil)
	b.router.SetMaxMessageSize(1000) // for those below
	b2 := b.child("b1", nil).child("b2", nil)
	for name, waiter := range map[string]*contextNode{"a sibling": a, "one above": master, "the parent": b} {
		t.Run(name, func(t *testing.T) {
			m := &mitogen.Message{Frame: wire.Frame{Handle: 5000, Data: make([]byte, 5000)}}
			_, err := waiter.from(b2).SendAwait(context.Background(), m)
			wantError(t, err, value.KindChannel, "message too large (max 1000 bytes)")
		})
	}
}
