package mitogen_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Large bytes and text are sent from where they stand. They arrive as they were, far
// and near, as results and through Senders, at any depth.
func TestLargeDataArrivesAsItWas(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	kid := master.child("kid", nil)
	grandkid := kid.child("grandkid", nil)
	for _, size := range []int{1 << 10, 32 << 10, 1 << 20, 1<<20 + 4<<10, 3<<20 + 1} {
		text := strings.Repeat("äbc\n", size/5+1)
		for _, v := range []value.Value{text, value.Bytes(text), value.Bytes(text + "\xff"), text + "\xff", value.Blob(text)} {
			what := fmt.Sprintf("%T of %d bytes", v, len(text))
			for _, node := range []*contextNode{kid, grandkid} {
				got, err := master.from(node).Call(context.Background(), "echo", v)
				if err != nil || got != v {
					t.Errorf("%s from %s: as a result it differs, %v", what, node.router.Name(), err)
				}
				sendAndTake(t, what, node, master, v)
				sendAndTake(t, what, master, node, v)
			}
			sendAndTake(t, what, master, master, v)
		}
	}
}

// sendAndTake sends v twice, from one context to a Receiver of another, and looks at
// what is taken there.
func sendAndTake(t *testing.T, what string, from, to *contextNode, v value.Value) {
	t.Helper()
	rv, err := mitogen.NewReceiver(to.router, mitogen.ReceiverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer rv.Close()
	tx := mitogen.NewSender(from.from(to), rv.Handle())
	for range 2 {
		if err := tx.Put(context.Background(), v); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	for range 2 {
		if got, err := rv.GetValue(context.Background()); err != nil || got != v {
			t.Errorf("%s from %s to %s: it differs, %v", what, from.router.Name(), to.router.Name(), err)
		}
	}
}

// The last calls of a burst, which nothing follows, are sent too, and all in order.
func TestBurstsAreSentToTheirEnd(t *testing.T) {
	seen := make(chan int64, 1000)
	_, c := pair(t, func(_ context.Context, call *mitogen.Call) (value.Value, error) {
		seen <- call.Args[0].(int64)
		return nil, nil
	})
	next := int64(0)
	for _, size := range []int{1, 2, 3, 10, 500} {
		for i := range size {
			e, err := c.EncodeCall(&mitogen.Call{Func: "note", Args: []value.Value{next + int64(i)}}, mitogen.CallNames{})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.NoReply(); err != nil {
				t.Fatal(err)
			}
		}
		for range size {
			if got := <-seen; got != next {
				t.Fatalf("call %d came, want %d", got, next)
			}
			next++
		}
	}
}
