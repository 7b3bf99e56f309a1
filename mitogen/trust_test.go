package mitogen_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// waiting gives a Receiver of an answer that does not come.
func waiting(t *testing.T, n *contextNode, c *mitogen.Context) *mitogen.Receiver {
	t.Helper()
	rv, err := n.router.Master().SendAsync(&mitogen.Message{Frame: wire.Frame{Handle: 5000}}, false)
	if err != nil {
		t.Fatal(err)
	}
	n.settle()
	return rv
}

func TestNobodyElseEndsAWait(t *testing.T) {
	for _, tt := range []struct {
		name  string
		forge func(h *hostile, victim, handle uint32)
	}{
		{"by saying that the master is gone", func(h *hostile, victim, handle uint32) {
			h.send(wire.Frame{Dst: victim, Src: h.id, Auth: h.id, Handle: handle, ReplyTo: wire.IsDead, Data: []byte("forged")})
		}},
		{"by making the master refuse a large message in the victim's name", func(h *hostile, victim, handle uint32) {
			h.send(wire.Frame{Src: victim, Auth: victim, Handle: 5000, ReplyTo: handle, Data: make([]byte, 5000)})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			master := newTree(t, mitogen.Options{MaxMessageSize: 4096})
			if _, err := master.router.AddHandler(mitogen.Handler{Handle: 5000, Func: func(*mitogen.Message) {}}); err != nil {
				t.Fatal(err)
			}
			victim := master.child("victim", nil)
			rv := waiting(t, victim, victim.router.Master())
			h := master.hostile(t)
			tt.forge(h, victim.router.ID(), rv.Handle())
			h.ping()
			victim.settle()
			if _, err := rv.TryGet(); !errors.Is(err, value.KindTimeout) {
				t.Fatalf("the waiter got %v", err)
			}
		})
	}
}

func TestPolicyHoldsForDeadMessagesToo(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	rv, err := mitogen.NewReceiver(master.router, mitogen.ReceiverOptions{Policy: mitogen.FromParents})
	if err != nil {
		t.Fatal(err)
	}
	h := master.hostile(t)
	h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: rv.Handle(), ReplyTo: wire.IsDead, Data: []byte("closed")})
	h.ping()
	if rv.End() != nil {
		t.Fatalf("ended: %v", rv.End())
	}
}

func TestAChildCannotHideByDroppingItsOwnRoute(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	h := master.hostile(t)
	h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: wire.DelRoute, Data: encoded(t, value.List{int64(h.id), ""})})
	h.ping()
	if !strings.Contains(master.log.String(), "DEL_ROUTE refused") {
		t.Fatal("it was believed")
	}
}

func TestOnlyTheCallerCancels(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	running, finish := make(chan struct{}), make(chan struct{})
	victim := master.child("victim", func(ctx context.Context, _ *mitogen.Call) (value.Value, error) {
		close(running)
		<-finish
		return nil, context.Cause(ctx)
	})
	rv, err := master.from(victim).SendAsync(&mitogen.Message{Frame: wire.Frame{Handle: wire.CallFunction, Data: encodedCall(t)}}, false)
	if err != nil {
		t.Fatal(err)
	}
	<-running
	h := master.hostile(t)
	h.send(wire.Frame{Dst: victim.router.ID(), Src: h.id, Auth: h.id, Handle: wire.Cancel, Data: encoded(t, int64(rv.Handle()))})
	h.ping()
	victim.settle()
	close(finish)
	if _, err := rv.GetValue(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// A name stands in logs and errors: it must not look like a line of its own.
func TestNamesOfRoutesAreOfOneLine(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	h := master.hostile(t)
	for _, name := range []string{"a\nb", "\x1b[2J", "a\u009b"} {
		h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: wire.AddRoute, Data: encoded(t, value.List{int64(h.id + 1), name})})
	}
	h.ping()
	if got := strings.Count(master.log.String(), "has control characters"); got != 3 {
		t.Fatalf("%d of 3 names were refused:\n%s", got, master.log.String())
	}
}
