package mitogen_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// windowed returns a Receiver with a window, and what its senders travel as.
func windowed(t *testing.T, n *contextNode, window int64) (*mitogen.Receiver, value.SenderRef) {
	t.Helper()
	rv, err := mitogen.NewReceiver(n.router, mitogen.ReceiverOptions{Window: window})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := rv.ToSender().Port()
	if err != nil {
		t.Fatal(err)
	}
	return rv, ref.(value.SenderRef)
}

// deep returns a context n links below.
func deep(n *contextNode, depth int) *contextNode {
	for range depth {
		n = n.child("deep", nil)
	}
	return n
}

// puts puts the value n times and tells how it ended.
func puts(s *mitogen.Sender, v value.Value, n int) <-chan error {
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < n && err == nil; i++ {
			err = s.Put(context.Background(), v)
		}
		done <- err
	}()
	return done
}

// soon ends after a moment: a Put that may wait no longer shows that there is no room.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestUnreadBytesStayWithinTheWindow(t *testing.T) {
	const window, size, each = 1000, 100, 200
	master := newTree(t, mitogen.Options{})
	far := deep(master, 3)
	for _, tt := range []struct{ name string }{{"up"}, {"down"}} {
		t.Run(tt.name, func(t *testing.T) {
			from, to := far, master
			if tt.name == "down" {
				from, to = master, far
			}
			rv, ref := windowed(t, to, window)
			arrived := make(chan struct{}, 2*each)
			if err := rv.SetNotify(func() { arrived <- struct{}{} }); err != nil {
				t.Fatal(err)
			}
			a := puts(mitogen.NewSenderTo(from.router, ref), strings.Repeat("a", size-2), each)
			b := puts(mitogen.NewSenderTo(from.parentOr().router, ref), strings.Repeat("b", size-2), each)
			seen := map[byte]int{}
			for i := range 2 * each {
				if i%(window/size) == 0 { // let them fill it
					for range window / size {
						<-arrived
					}
				}
				if n := rv.Len(); n*size > window {
					t.Fatalf("%d messages of %d bytes are unread", n, size)
				}
				v, err := rv.GetValue(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				seen[v.(string)[0]]++
			}
			if seen['a'] != each || seen['b'] != each {
				t.Fatalf("got %v", seen)
			}
			for _, done := range []<-chan error{a, b} {
				if err := <-done; err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// parentOr is another context on the same side of the tree.
func (n *contextNode) parentOr() *contextNode {
	if n.parent != nil {
		return n.parent
	}
	return n
}

func TestALargeMessagePassesAnEmptyWindow(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	kid := master.child("kid", nil)
	rv, ref := windowed(t, master, 10)
	s := mitogen.NewSenderTo(kid.router, ref)
	done := puts(s, strings.Repeat("x", 1000), 2)
	for range 2 {
		if _, err := rv.Get(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := rv.Len(); n > 1 {
			t.Fatalf("%d unread", n)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestWaitingForRoomEndsWith(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		kind       value.Kind
		end        func(rv *mitogen.Receiver, sender *mitogen.Sender, n *contextNode)
	}{
		{"the receiver's close", "", value.KindChannel, func(rv *mitogen.Receiver, _ *mitogen.Sender, _ *contextNode) { rv.Close() }},
		{"another sender's close", "", value.KindChannel, func(_ *mitogen.Receiver, s *mitogen.Sender, _ *contextNode) { _ = s.Close() }},
		{"the loss of the receiver", "", value.KindChannel, func(_ *mitogen.Receiver, _ *mitogen.Sender, n *contextNode) {
			n.parent.router.StreamByID(n.router.ID()).Abort()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			master := newTree(t, mitogen.Options{})
			far := deep(master, 2)
			rv, ref := windowed(t, far, 10)
			s := mitogen.NewSenderTo(master.router, ref)
			if err := s.Put(context.Background(), "123456789"); err != nil {
				t.Fatal(err)
			}
			done := puts(s, "123456789", 1)
			tt.end(rv, mitogen.NewSenderTo(master.router, ref), far)
			wantError(t, <-done, tt.kind, tt.want)
		})
	}
}

func TestACancelledWaitGivesItsRoomBack(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	rv, ref := windowed(t, master, 10)
	s := mitogen.NewSenderTo(master.router, ref)
	for range 3 {
		if err := s.Put(t.Context(), "123456789"); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(soon(t), "123456789"); !errors.Is(err, value.KindTimeout) {
			t.Fatalf("got %v", err)
		}
		if _, err := rv.TryGet(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASenderMadeByHandLearnsOfTheWindow(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	rv, _ := windowed(t, master, 10)
	s := mitogen.NewSender(master.router.Myself(), rv.Handle())
	if err := s.Put(t.Context(), "123456789"); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(soon(t), "123456789"); !errors.Is(err, value.KindTimeout) {
		t.Fatalf("got %v", err)
	}
	if ref, err := s.Port(); err != nil || ref.(value.SenderRef).Window != 10 {
		t.Fatalf("it travels as %v, %v", ref, err)
	}
}

func TestASenderMadeByHandLearnsThatThereIsNoWindow(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	far := deep(master, 2)
	rv, err := mitogen.NewReceiver(far.router, mitogen.ReceiverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-puts(mitogen.NewSender(master.from(far), rv.Handle()), strings.Repeat("x", 50_000), 20); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := rv.Get(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOneWhoIgnoresTheWindowIsRefused(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	rv, _ := windowed(t, master, 1000)
	h := master.hostile(t)
	refused := 0
	for range 40 {
		h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: rv.Handle(), ReplyTo: 41, Data: make([]byte, 64<<10)})
		for _, f := range h.ping() {
			if f.Handle == 41 && f.ReplyTo == wire.IsDead {
				refused++
			}
		}
	}
	if n := rv.Len(); n+refused != 40 || n*(64<<10) > 1000+1<<20 || n == 0 {
		t.Fatalf("%d unread, %d refused", n, refused)
	}
}

// ask asks for room for n bytes.
func (h *hostile) ask(rv *mitogen.Receiver, replyTo uint32, id, n int64) {
	const ask = 1
	h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: wire.Credit, ReplyTo: replyTo,
		Data: encoded(h.t, value.List{int64(ask), int64(rv.Handle()), id, n})})
}

func TestSendersTakeTurns(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	rv, _ := windowed(t, master, 10)
	if err := rv.ToSender().Put(t.Context(), "123456789"); err != nil {
		t.Fatal(err)
	}
	h := master.hostile(t)
	turns := []uint32{41, 43, 41, 43}
	for i, replyTo := range turns {
		h.ask(rv, replyTo, int64(i), 10)
	}
	if got := h.ping(); len(got) != 0 {
		t.Fatalf("a full window granted %v", got)
	}
	for i, replyTo := range turns {
		if _, err := rv.TryGet(); err != nil {
			t.Fatal(err)
		}
		want := string(encoded(t, value.List{int64(3), int64(replyTo), int64(i), int64(10)}))
		got := h.ping()
		if len(got) != 1 || got[0].Handle != wire.Credit || string(got[0].Data) != want {
			t.Fatalf("turn %d: got %v", i, got)
		}
		h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: rv.Handle(), ReplyTo: replyTo, Data: make([]byte, 10)})
		if got := h.ping(); len(got) != 0 {
			t.Fatalf("turn %d: got %v", i, got)
		}
	}
}

func TestOneWhoGoesGivesItsRoomBack(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	rv, ref := windowed(t, master, 10)
	h := master.hostile(t)
	h.ask(rv, 41, 1, 10)
	h.ping()
	s := mitogen.NewSenderTo(master.router, ref)
	if err := s.Put(soon(t), "x"); !errors.Is(err, value.KindTimeout) {
		t.Fatalf("it was granted nothing: %v", err)
	}
	stream := master.router.StreamByID(h.id)
	done := puts(s, "x", 1)
	stream.Abort()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestOneWhoGoesBeforeItsGrantComesGivesItsRoomBack(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	kid := master.child("kid", nil)
	rv, ref := windowed(t, kid, 10)
	s := mitogen.NewSenderTo(kid.router, ref)
	if err := s.Put(t.Context(), "123456789"); err != nil {
		t.Fatal(err)
	}
	h := master.hostile(t)
	h.send(wire.Frame{Dst: kid.router.ID(), Src: h.id, Auth: h.id, Handle: wire.Credit, ReplyTo: 41,
		Data: encoded(t, value.List{int64(1), int64(rv.Handle()), int64(1), int64(10)})})
	h.ping()
	fromKid, fromSender := master.router.StreamByID(kid.router.ID()), master.router.StreamByID(h.id)
	for !fromKid.Listens() { // else it stops before the next frame instead of behind it
		runtime.Gosched()
	}
	fromKid.Pause()
	kid.settle() // the last frame that is read for now
	if _, err := rv.TryGet(); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(soon(t), "x"); !errors.Is(err, value.KindTimeout) {
		t.Fatalf("it was granted nothing: %v", err)
	}
	fromSender.Abort()
	<-fromSender.Done()
	fromKid.Resume()
	if err := s.Put(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
}

func TestMalformedCreditsAreIgnored(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	rv, _ := windowed(t, master, 10)
	h := master.hostile(t)
	handle := int64(rv.Handle())
	for _, v := range []value.Value{
		nil, value.List{}, value.List{int64(1), handle, int64(1), int64(-1)}, value.List{int64(1), int64(-1), int64(1), int64(1)},
		value.List{int64(9), handle, int64(1), int64(1)}, value.List{int64(2), handle, int64(1), int64(1 << 62)},
		value.List{int64(3), handle, int64(1), int64(1)}, value.List{int64(1), handle, "x", int64(1)},
	} {
		h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: wire.Credit, ReplyTo: 41, Data: encoded(t, v)})
		if got := h.ping(); len(got) != 0 {
			t.Errorf("%v: answered %v", v, got)
		}
	}
	if err := rv.ToSender().Put(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
}

func TestAStreamThroughAWindowKeepsTheHeapBounded(t *testing.T) {
	const size, chunk, window = 256 << 20, 128 << 10, 1 << 20
	master := newTree(t, mitogen.Options{})
	far := deep(master, 2)
	rv, ref := windowed(t, master, window)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	done := puts(mitogen.NewSenderTo(far.router, ref), value.Bytes(make([]byte, chunk)), size/chunk)
	for i := range size / chunk {
		m, err := rv.Get(context.Background())
		if err != nil || len(m.Data) < chunk {
			t.Fatal(m, err)
		}
		if i%64 == 0 {
			runtime.ReadMemStats(&now)
			if now.HeapInuse > before.HeapInuse+64<<20 {
				t.Fatalf("the heap grew by %d bytes", now.HeapInuse-before.HeapInuse)
			}
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// A Sender of which a message is refused gives up what its other messages wait for: the
// room is for others.
func TestARefusedSenderGivesItsRoomBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		master := newTree(t, mitogen.Options{})
		kid := master.child("kid", nil)
		held := make(chan *mitogen.Message, 1)
		rv, err := mitogen.NewReceiver(kid.router, mitogen.ReceiverOptions{Window: 20, Gate: func(m *mitogen.Message, pass func()) {
			if v, err := m.Decode(); err == nil && v == "bad" {
				held <- m
				return
			}
			pass()
		}})
		if err != nil {
			t.Fatal(err)
		}
		port, err := rv.ToSender().Port()
		if err != nil {
			t.Fatal(err)
		}
		refused, other := mitogen.NewSenderTo(master.router, port.(value.SenderRef)), rv.ToSender()
		if err := refused.Put(t.Context(), "bad"); err != nil {
			t.Fatal(err)
		}
		bad := <-held
		if err := other.Put(t.Context(), "1234567890123456789"); err != nil {
			t.Fatal(err)
		}
		waiting := puts(refused, "1234567890123456789", 1)
		synctest.Wait()
		kid.router.Refuse(bad, "it is bad")
		wantError(t, <-waiting, value.KindSecurity, "it is bad")
		if _, err := rv.Get(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := other.Put(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
	})
}
