package mitogen_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// logBuffer keeps a router's log for a test to read.
type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// contextNode is one context of an in-memory tree.
type contextNode struct {
	t      testing.TB
	router *mitogen.Router
	log    *logBuffer
	parent *contextNode
	// above is this context as its parent sees it.
	above *mitogen.Context
}

func newTree(t testing.TB, opts mitogen.Options) *contextNode {
	n := &contextNode{t: t, log: &logBuffer{}}
	opts.Log = slog.New(slog.NewTextHandler(n.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	n.router = mitogen.NewRouter(opts)
	t.Cleanup(func() { n.router.Broker().Shutdown(); n.router.Broker().Join() })
	return n
}

// slot reserves a child's place: its id and the link's two ends.
func (n *contextNode) slot(name string) (c *mitogen.Context, up, down net.Conn) {
	n.t.Helper()
	id, err := n.router.AllocateID(context.Background())
	if err != nil {
		n.t.Fatal(err)
	}
	up, down = net.Pipe()
	return n.router.NewChild(id, name), up, down
}

// child adds a context that runs calls by fn (nil: it returns its first argument).
func (n *contextNode) child(name string, fn dispatchFunc) *contextNode {
	n.t.Helper()
	c, up, down := n.slot(name)
	kid := newTree(n.t, mitogen.Options{
		ID: c.ID(), ParentIDs: append([]uint32{n.router.ID()}, n.router.ParentIDs()...), Name: name,
		Unidirectional: n.router.Unidirectional(), MaxMessageSize: n.router.MaxMessageSize(),
	})
	kid.parent, kid.above = n, c
	if fn == nil {
		fn = func(_ context.Context, call *mitogen.Call) (value.Value, error) { return call.Args[0], nil }
	}
	sv := &mitogen.Server{Router: kid.router, Dispatcher: fn}
	if err := sv.Start(); err != nil {
		n.t.Fatal(err)
	}
	kid.router.AttachParent(down, func(error) { kid.router.Broker().Shutdown() })
	n.router.AttachChild(up, c)
	kid.settle()
	return kid
}

// settle waits until every context above knows the route here: what is sent
// behind ADD_ROUTE arrives behind it.
func (n *contextNode) settle() {
	n.t.Helper()
	m := &mitogen.Message{Frame: wire.Frame{Handle: 999_999}}
	if _, err := n.router.Master().SendAwait(context.Background(), m); !errors.Is(err, value.KindChannel) {
		n.t.Fatal(err)
	}
}

// from is the context other as this one sees it.
func (n *contextNode) from(other *contextNode) *mitogen.Context {
	return n.router.ContextByID(other.router.ID(), "")
}

func TestCallReachesAnyDepth(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	node := master
	for i := range 10 {
		node = node.child(fmt.Sprint("c", i), nil)
		got, err := master.from(node).Call(context.Background(), "echo", int64(i))
		if err != nil || got != int64(i) {
			t.Fatalf("depth %d: %v, %v", i+1, got, err)
		}
	}
}

func TestIDsComeInBlocks(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	a := master.child("a", nil)
	a1, a2 := a.child("a1", nil), a.child("a2", nil)
	b := master.child("b", nil)
	got := []uint32{a.router.ID(), a1.router.ID(), a2.router.ID(), b.router.ID()}
	if fmt.Sprint(got) != "[1 2 3 1002]" {
		t.Fatalf("got %v", got)
	}
}

func TestNoRouteIsToldByTheHopThatNoticed(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	a := master.child("a", nil)
	_, err := master.router.ContextByID(1234, "").Call(context.Background(), "f", nil)
	wantError(t, err, value.KindChannel, "no route to 1234, my ID is 0")
	_, err = a.router.ContextByID(1234, "").Call(context.Background(), "f", nil)
	wantError(t, err, value.KindChannel, "no route to 1234, my ID is 0")
	m := &mitogen.Message{Frame: wire.Frame{Handle: 999_999}}
	_, err = master.from(a).SendAwait(context.Background(), m)
	wantError(t, err, value.KindChannel, "invalid handle")
}

func wantError(t *testing.T, err error, kind value.Kind, text string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), text) {
		t.Fatalf("got %v (%T), want a %s with %q", err, err, kind, text)
	}
}

// blocked is a dispatcher that says when it runs and never returns by itself.
func blocked(running chan<- struct{}) dispatchFunc {
	return func(ctx context.Context, _ *mitogen.Call) (value.Value, error) {
		running <- struct{}{}
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
}

func TestLossReachesEveryWaiter(t *testing.T) {
	for _, tt := range []struct {
		name string
		// plant gives who waits, on whom, and what is cut.
		plant func(master *contextNode, running chan struct{}) (waiter, target, cut *contextNode)
	}{
		{"a child", func(m *contextNode, r chan struct{}) (w, target, cut *contextNode) {
			a := m.child("a", blocked(r))
			return m, a, a
		}},
		{"a grandchild's parent", func(m *contextNode, r chan struct{}) (w, target, cut *contextNode) {
			a := m.child("a", nil)
			return m, a.child("b", blocked(r)), a
		}},
		{"a grandchild", func(m *contextNode, r chan struct{}) (w, target, cut *contextNode) {
			b := m.child("a", nil).child("b", blocked(r))
			return m, b, b
		}},
		{"depth ten", func(m *contextNode, r chan struct{}) (w, target, cut *contextNode) {
			n := m
			for i := range 9 {
				n = n.child(fmt.Sprint(i), nil)
			}
			leaf := n.child("leaf", blocked(r))
			return m, leaf, leaf
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			master := newTree(t, mitogen.Options{})
			running := make(chan struct{}, 1)
			waiter, target, cut := tt.plant(master, running)
			failed := make(chan error, 1)
			go func() {
				_, err := waiter.from(target).Call(context.Background(), "f")
				failed <- err
			}()
			<-running
			cut.parent.router.StreamByID(cut.router.ID()).Abort()
			wantError(t, <-failed, value.KindChannel, "the respondent Context has disconnected")
		})
	}
}

func TestLossReachesASiblingThatHasTalked(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	a, b := master.child("a", nil), master.child("b", nil)
	a1, b1 := a.child("a1", nil), b.child("b1", nil)
	heard := make(chan *mitogen.Message, 1)
	if _, err := b1.router.AddHandler(mitogen.Handler{Handle: 5000, Func: func(m *mitogen.Message) { heard <- m }}); err != nil {
		t.Fatal(err)
	}
	rv, err := a1.from(b1).SendAsync(&mitogen.Message{Frame: wire.Frame{Handle: 5000}}, false)
	if err != nil {
		t.Fatal(err)
	}
	<-heard
	b.router.StreamByID(b1.router.ID()).Abort()
	_, err = rv.Get(context.Background())
	wantError(t, err, value.KindChannel, "the respondent Context has disconnected")
}

func TestASiblingMayNotCall(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	ran := false
	a := master.child("a", nil)
	b := master.child("b", func(context.Context, *mitogen.Call) (value.Value, error) { ran = true; return nil, nil })
	_, err := a.from(b).Call(context.Background(), "f")
	wantError(t, err, value.KindSecurity, "refused by policy")
	_, err = a.from(master).Call(context.Background(), "f")
	wantError(t, err, value.KindChannel, "") // a master without a script runs no calls
	if ran {
		t.Fatal("the function ran")
	}
}

func TestUnidirectionalKeepsSiblingsApart(t *testing.T) {
	master := newTree(t, mitogen.Options{Unidirectional: true})
	a, b := master.child("a", nil), master.child("b", nil)
	_, err := a.from(b).SendAwait(context.Background(), &mitogen.Message{Frame: wire.Frame{Handle: 5000}})
	wantError(t, err, value.KindSecurity,
		"refused by policy: routing mode prevents forward of message from context 1 to context 2 via context 0")
}

func TestOversizedMessageIsRefusedBeforeItIsSent(t *testing.T) {
	master := newTree(t, mitogen.Options{MaxMessageSize: 4096})
	a := master.child("a", func(context.Context, *mitogen.Call) (value.Value, error) { return strings.Repeat("x", 8192), nil })
	_, err := master.from(a).Call(context.Background(), "f", strings.Repeat("x", 8192))
	wantError(t, err, value.KindChannel, "message too large (max 4096 bytes)")
	_, err = master.from(a).Call(context.Background(), "f", nil)
	wantError(t, err, value.KindChannel, "message too large (max 4096 bytes)")
}

// hostile is a child that speaks frames by hand.
type hostile struct {
	t    *testing.T
	id   uint32
	conn net.Conn
	rd   *wire.Reader
}

func (n *contextNode) hostile(t *testing.T) *hostile {
	c, up, down := n.slot("hostile")
	n.router.AttachChild(up, c)
	t.Cleanup(func() { _ = down.Close() })
	return &hostile{t: t, id: c.ID(), conn: down, rd: wire.NewReader(down, 1<<20)}
}

// send may be used on any goroutine: the parent may answer before it has read all.
func (h *hostile) send(f wire.Frame) {
	h.t.Helper()
	if _, err := h.conn.Write(append(f.AppendHeader(nil), f.Data...)); err != nil {
		h.t.Error(err)
	}
}

// ping returns when the parent has dealt with what was sent before, with the
// frames that it sent meanwhile.
func (h *hostile) ping() []wire.Frame {
	h.t.Helper()
	go h.send(wire.Frame{Dst: 0, Src: h.id, Auth: h.id, Handle: 777_777, ReplyTo: 42})
	var seen []wire.Frame
	for {
		f, err := h.rd.Next()
		if err != nil {
			h.t.Fatal(err)
		}
		if f.Handle == 42 {
			return seen
		}
		seen = append(seen, f)
	}
}

func encoded(t *testing.T, v value.Value) []byte {
	t.Helper()
	data, err := codec.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestHostileChildCannotForge(t *testing.T) {
	type frames func(h *hostile, victim uint32) []wire.Frame
	for _, tt := range []struct {
		name   string
		frames frames
		log    string
	}{
		{"the master's authority", func(h *hostile, v uint32) []wire.Frame {
			return []wire.Frame{{Dst: v, Src: h.id, Auth: 0, Handle: 5000}}
		}, "bad auth_id"},
		{"a sibling's authority", func(h *hostile, v uint32) []wire.Frame {
			return []wire.Frame{{Dst: 0, Src: h.id, Auth: v, Handle: 5000}}
		}, "bad auth_id"},
		{"the master as source", func(h *hostile, v uint32) []wire.Frame {
			return []wire.Frame{{Dst: v, Src: 0, Auth: h.id, Handle: 5000}}
		}, "bad src_id"},
		{"a sibling as source", func(h *hostile, v uint32) []wire.Frame {
			return []wire.Frame{{Dst: 0, Src: v, Auth: h.id, Handle: 5000}}
		}, "bad src_id"},
		{"a route to a sibling", func(h *hostile, v uint32) []wire.Frame {
			return []wire.Frame{{Src: h.id, Auth: h.id, Handle: wire.AddRoute, Data: encoded(h.t, value.List{int64(v), "x"})}}
		}, "ADD_ROUTE refused"},
		{"a route to an id that nobody has yet", func(h *hostile, _ uint32) []wire.Frame {
			return []wire.Frame{{Src: h.id, Auth: h.id, Handle: wire.AddRoute, Data: encoded(h.t, value.List{int64(7777), "x"})}}
		}, "the id was not given to that subtree"},
		{"the end of a sibling's route", func(h *hostile, v uint32) []wire.Frame {
			return []wire.Frame{{Src: h.id, Auth: h.id, Handle: wire.DelRoute, Data: encoded(h.t, value.List{int64(v), ""})}}
		}, "DEL_ROUTE refused"},
		{"the end of the parent", func(h *hostile, _ uint32) []wire.Frame {
			return []wire.Frame{{Src: h.id, Auth: h.id, Handle: wire.DelRoute, Data: encoded(h.t, value.List{int64(0), ""})}}
		}, "bad DEL_ROUTE"},
		{"code for its parent", func(h *hostile, _ uint32) []wire.Frame {
			return []wire.Frame{{Src: h.id, Auth: h.id, Handle: wire.LoadModule, Data: []byte{0x80}}}
		}, "refused by policy"},
		{"nonsense about routes", func(h *hostile, _ uint32) []wire.Frame {
			return []wire.Frame{{Src: h.id, Auth: h.id, Handle: wire.AddRoute, Data: []byte("\xff\xff\xff")}}
		}, "bad ADD_ROUTE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			master := newTree(t, mitogen.Options{})
			victim := master.child("victim", nil)
			reached := false
			for _, n := range []*contextNode{master, victim} {
				if _, err := n.router.AddHandler(mitogen.Handler{Handle: 5000, Func: func(*mitogen.Message) { reached = true }}); err != nil {
					t.Fatal(err)
				}
			}
			h := master.hostile(t)
			for _, f := range tt.frames(h, victim.router.ID()) {
				h.send(f)
			}
			h.ping()
			if !strings.Contains(master.log.String(), tt.log) {
				t.Errorf("the log has no %q:\n%s", tt.log, master.log)
			}
			if got, err := master.from(victim).Call(context.Background(), "echo", "still there"); err != nil || got != "still there" {
				t.Errorf("the sibling: %v, %v", got, err)
			}
			if reached {
				t.Error("the message was delivered")
			}
		})
	}
}

func TestHostileChildCannotAnswerForAnother(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	running := make(chan struct{}, 1)
	victim := master.child("victim", blocked(running))
	h := master.hostile(t)
	rv, err := master.from(victim).SendAsync(&mitogen.Message{Frame: wire.Frame{Handle: wire.CallFunction, Data: encodedCall(t)}}, false)
	if err != nil {
		t.Fatal(err)
	}
	<-running
	h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: rv.Handle(), Data: encoded(t, "forged")})
	h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: rv.Handle(), ReplyTo: wire.IsDead, Data: []byte("forged")})
	h.ping()
	if _, err := rv.TryGet(); !errors.Is(err, value.KindTimeout) {
		t.Fatalf("the waiter got %v", err)
	}
}

func encodedCall(t *testing.T) []byte {
	var enc codec.Encoder
	enc.Array(4)
	for _, v := range []value.Value{nil, "f", value.List{}} {
		if err := enc.Value("", v); err != nil {
			t.Fatal(err)
		}
	}
	enc.Array(0)
	return enc.Buf
}

func TestOversizedFrameIsThrownAwayAndAnswered(t *testing.T) {
	master := newTree(t, mitogen.Options{MaxMessageSize: 1000})
	h := master.hostile(t)
	go h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: 5000, ReplyTo: 41, Data: make([]byte, 300_000)})
	f, err := h.rd.Next()
	if err != nil || f.Handle != 41 || f.ReplyTo != wire.IsDead || string(f.Data) != "message too large (max 1000 bytes)" {
		t.Fatalf("got %+v, %v", f, err)
	}
	h.ping() // the link lives on
}

func TestGarbageEndsTheLinkAndIsShown(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	h := master.hostile(t)
	link := master.router.StreamByID(h.id)
	go func() { _, _ = io.WriteString(h.conn, "Last login: Tue Nov  3 from somewhere\n") }()
	<-link.Done()
	if log := master.log.String(); !strings.Contains(log, "corruption detected") || !strings.Contains(log, "Last login") {
		t.Fatalf("log:\n%s", log)
	}
}
