package mitogen_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

func TestCallsWithoutAReplyQueueUp(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	ran := 0
	a := master.child("a", func(context.Context, *mitogen.Call) (value.Value, error) { ran++; return int64(ran), nil })
	for range 10 {
		e, err := master.from(a).EncodeCall(&mitogen.Call{Func: "f"}, mitogen.CallNames{})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.NoReply(); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := master.from(a).Call(context.Background(), "f"); err != nil || got != int64(11) {
		t.Fatalf("got %v, %v", got, err)
	}
}

func TestWhatBeginsAfterTheEndFails(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	a := master.child("a", nil)
	c := master.from(a)
	for _, n := range []*contextNode{a, master} {
		n.router.Broker().Shutdown()
		n.router.Broker().Join()
	}
	_, err := c.Call(context.Background(), "f", nil)
	wantError(t, err, value.KindChannel, "no route")
	_, err = c.CallService(context.Background(), "connect", nil)
	wantError(t, err, value.KindChannel, "no route")
	_, err = a.router.Chunks.Fetch(context.Background(), value.Hash{})
	wantError(t, err, value.KindCancelled, "Broker has exitted")
	late, up, down := master.slot("late")
	<-master.router.AttachChild(up, late).Done()
	if _, err := down.Read(make([]byte, 1)); err == nil {
		t.Fatal("the link of a child that came late is open")
	}
	<-late.Gone()
}

func TestPausedStreamEnds(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	h := master.hostile(t)
	s := master.router.StreamByID(h.id)
	s.Pause()
	go h.batch([]wire.Frame{{Src: h.id, Auth: h.id, Handle: 5000}})
	s.Abort()
	<-s.Done()
}

func TestSelectHearsTheEndBehindWhatIsBuffered(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	rv, err := mitogen.NewReceiver(master.router, mitogen.ReceiverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := rv.ToSender().Put(context.Background(), "one"); err != nil {
		t.Fatal(err)
	}
	rv.Close()
	sel, err := mitogen.NewSelect(false, rv)
	if err != nil {
		t.Fatal(err)
	}
	if ev, err := sel.TryGet(); err != nil || ev.Data.(*mitogen.Message).IsDead() {
		t.Fatalf("got %+v, %v", ev, err)
	}
	if ev, err := sel.TryGet(); err != nil || !ev.Data.(*mitogen.Message).IsDead() || sel.Count() != 0 {
		t.Fatalf("the end: %+v, %v", ev, err)
	}
}

func TestASelectTellsOfACancelledCallAsItIs(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	a := master.child("a", blocked(make(chan struct{}, 1)))
	e, err := master.from(a).EncodeCall(&mitogen.Call{Func: "f"}, mitogen.CallNames{})
	if err != nil {
		t.Fatal(err)
	}
	rv, err := e.Start()
	if err != nil {
		t.Fatal(err)
	}
	sel, err := mitogen.NewSelect(true, rv)
	if err != nil {
		t.Fatal(err)
	}
	rv.Cancel()
	ev, err := sel.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = ev.Data.(*mitogen.Message).Decode()
	wantError(t, err, value.KindCancelled, "the call in context a was cancelled")
}

// A clock that somebody sets makes no neighbour look silent: when it was heard is
// told by the monotonic clock, as the text of such a time shows.
func TestHeardIsOfTheMonotonicClock(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	a := master.child("a", nil)
	before := time.Now()
	if _, err := master.from(a).Call(context.Background(), "f", int64(1)); err != nil {
		t.Fatal(err)
	}
	heard := master.router.StreamByID(a.router.ID()).Heard()
	if heard.Before(before) || heard.After(time.Now()) || !strings.Contains(heard.String(), " m=+") {
		t.Errorf("heard at %v, asked at %v", heard, before)
	}
}

// A router that a script makes while its broker ends holds up nobody.
func TestARouterThatComesAtTheEndEndsToo(t *testing.T) {
	for _, tt := range []struct {
		name string
		when func(b *mitogen.Broker, join func())
	}{
		{"before streams are closed", func(b *mitogen.Broker, join func()) { b.AtShutdown(func(context.Context) { join() }) }},
		{"while they are", func(b *mitogen.Broker, join func()) {
			up, down := net.Pipe()
			t.Cleanup(func() { _ = up.Close() })
			mitogen.NewRouter(mitogen.Options{Broker: b, ID: 1, ParentIDs: []uint32{0}}).AttachParent(closing{down, join}, nil)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := mitogen.NewBroker(nil)
			up, down := net.Pipe()
			defer func() { _ = up.Close() }()
			tt.when(b, sync.OnceFunc(func() {
				mitogen.NewRouter(mitogen.Options{Broker: b, ID: 1, ParentIDs: []uint32{0}}).AttachParent(down, nil)
			}))
			b.Shutdown()
			select {
			case <-b.Gone():
			case <-time.After(30 * time.Second):
				t.Fatal("the broker does not end")
			}
		})
	}
}

// closing is a connection that does something before it is closed.
type closing struct {
	net.Conn
	first func()
}

func (c closing) Close() error {
	c.first()
	return c.Conn.Close()
}
