package mitogen_test

import (
	"context"
	"errors"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func TestDetach(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	err := master.router.Detach(context.Background(), nil)
	wantError(t, err, value.KindError, "this context has no parent")

	var refuse error
	told := ""
	if err := master.router.ServeDetaching(func(_ context.Context, m *mitogen.Message) error {
		told = string(m.Data)
		return refuse
	}); err != nil {
		t.Fatal(err)
	}
	a := master.child("a", nil)
	below := a.child("b", nil)
	refuse = errors.New("not you")
	err = a.router.Detach(context.Background(), []byte("data"))
	wantError(t, err, value.KindError, "not you")
	if a.router.Detached() || told != "data" {
		t.Fatalf("detached %v, told %q", a.router.Detached(), told)
	}

	refuse = nil
	pending, err := a.from(master).SendAsync(&mitogen.Message{}, false)
	if err != nil {
		t.Fatal(err)
	}
	seen := master.router.ContextByID(a.router.ID(), "")
	leaf := master.from(below)
	if err := a.router.Detach(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	<-seen.Gone()
	<-leaf.Gone()
	if _, err := pending.Get(context.Background()); !errors.Is(err, value.KindChannel) {
		t.Fatalf("a wait for the old parent: %v", err)
	}
	if a.router.Parent() != nil || len(a.router.ParentIDs()) != 0 || !a.router.InUse() {
		t.Fatal("it has a parent still, or lost what is below it")
	}
	// It runs on: its broker was not told of a loss, and calls go down.
	if got, err := a.from(below).Call(context.Background(), "echo", "there"); err != nil || got != "there" {
		t.Fatalf("%v, %v", got, err)
	}
	err = a.router.Detach(context.Background(), nil)
	wantError(t, err, value.KindError, "this context has no parent")
	if err := a.router.Broker().Context().Err(); err != nil {
		t.Fatal(err)
	}
}

// A detached context is the root of its own tree: it and those below have ids, none
// of which the old tree has given out.
func TestDetachedContextsHaveChildren(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	detach := func(n *contextNode) {
		t.Helper()
		if err := n.parent.router.ServeDetaching(func(context.Context, *mitogen.Message) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := n.router.Detach(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[uint32]bool{}
	grow := func(n *contextNode) *contextNode {
		t.Helper()
		below := n.child("x", nil)
		if id := below.router.ID(); seen[id] {
			t.Fatalf("id %d was given out twice", id)
		}
		seen[below.router.ID()] = true
		if got, err := n.from(below).Call(context.Background(), "echo", "there"); err != nil || got != "there" {
			t.Fatalf("%v, %v", got, err)
		}
		return below
	}
	first := grow(master)
	early := grow(first)
	detach(first)
	late := grow(first)
	grow(early)
	grow(master)
	second := grow(late)
	detach(second)
	grow(grow(second))
	grow(late)
	grow(grow(master))
}

// A stranger, and one further down, do not detach.
func TestOnlyDirectChildrenDetach(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	asked := false
	if err := master.router.ServeDetaching(func(context.Context, *mitogen.Message) error { asked = true; return nil }); err != nil {
		t.Fatal(err)
	}
	b := master.child("a", nil).child("b", nil)
	m := &mitogen.Message{}
	m.Handle = 109
	_, err := b.from(master).SendAwait(context.Background(), m)
	wantError(t, err, value.KindSecurity, "is not a direct child")
	if asked {
		t.Fatal("it was asked for")
	}
}
