package mitogen_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// eager is a connection that takes all that is tried.
type eager struct{ net.Conn }

func (e eager) TryWrite(b []byte) int {
	n, _ := e.Write(b)
	return n
}

// What a reader relays and what this context sends by the same link, at the same
// time, both arrive whole.
func TestRelayedAndOwnFramesOfOneLink(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	from := master.child("from", nil)
	to, rv := eagerChild(t, master)
	const each = 300
	large := value.Bytes(strings.Repeat("x", 40<<10))
	var senders sync.WaitGroup
	for _, s := range []struct {
		node *contextNode
		v    value.Value
	}{{from, "small"}, {from, "small"}, {master, large}, {master, large}, {master, large}} {
		tx := mitogen.NewSender(s.node.router.ContextByID(to, ""), rv.Handle())
		senders.Go(func() {
			for range each {
				if err := tx.Put(context.Background(), s.v); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 5 * each {
		v, err := rv.GetValue(context.Background())
		if err != nil || v != "small" && v != large {
			t.Fatal(err)
		}
	}
	senders.Wait()
}

// eagerChild adds a child by a link that takes what is tried, with a Receiver there.
func eagerChild(t *testing.T, master *contextNode) (id uint32, rv *mitogen.Receiver) {
	t.Helper()
	c, up, down := master.slot("to")
	kid := newTree(t, mitogen.Options{ID: c.ID(), ParentIDs: []uint32{master.router.ID()}, Name: "to"})
	kid.router.AttachParent(down, func(error) { kid.router.Broker().Shutdown() })
	master.router.AttachChild(eager{up}, c)
	kid.settle()
	rv, err := mitogen.NewReceiver(kid.router, mitogen.ReceiverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID(), rv
}
