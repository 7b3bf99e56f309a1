package mitogen_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// A large message may wait for a slow link: that is no reason to cut it off when
// something follows that cannot wait.
func TestALargeMessageThatWaitsCostsNoLink(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	h := master.hostile(t)
	c := master.router.ContextByID(h.id, "")
	send := func(size int) {
		m := &mitogen.Message{Frame: wire.Frame{Handle: 5000, Data: make([]byte, size)}}
		if err := c.SendBulk(context.Background(), m); err != nil {
			t.Fatal(err)
		}
	}
	send(100 << 10)
	first := make([]byte, 1)
	if _, err := io.ReadFull(h.conn, first); err != nil { // it is being written
		t.Fatal(err)
	}
	send(65 << 20)
	if err := c.Shutdown(); err != nil {
		t.Fatal(err)
	}
	rd := wire.NewReader(io.MultiReader(bytes.NewReader(first), h.conn), 1<<30)
	for _, want := range []wire.Frame{{Handle: 5000, Data: make([]byte, 100<<10)}, {Handle: 5000, Data: make([]byte, 65<<20)}, {Handle: wire.Shutdown}} {
		f, err := rd.Next()
		if err != nil || f.Handle != want.Handle || len(f.Data) != len(want.Data) {
			t.Fatalf("got %d bytes to %d, want %d to %d: %v", len(f.Data), f.Handle, len(want.Data), want.Handle, err)
		}
	}
	if log := master.log.String(); strings.Contains(log, "does not read") {
		t.Errorf("log:\n%s", log)
	}
}

// bounded is a log that stops before a record brings about the next one for ever.
type bounded struct {
	*mitogen.LogHandler
	records *atomic.Int32
}

func (b bounded) Handle(ctx context.Context, rec slog.Record) error {
	if b.records.Add(1) > 10 {
		return nil
	}
	return b.LogHandler.Handle(ctx, rec)
}

// A child whose parent reads nothing says once that it cuts the link off, though what
// it says would go by that link.
func TestTheRecordOfAParentThatDoesNotReadEnds(t *testing.T) {
	handler := mitogen.NewLogHandler(slog.LevelWarn)
	log := bounded{handler, &atomic.Int32{}}
	r := mitogen.NewRouter(mitogen.Options{ID: 1, ParentIDs: []uint32{0}, Log: slog.New(log)})
	handler.SetRouter(r)
	up, down := net.Pipe()
	defer func() { _ = up.Close() }()
	stream := r.AttachParent(down, nil)
	reason := strings.Repeat("x", 1<<20)
	for range 150 { // as many are one batch that is being written, and as many wait
		r.Master().EndBulk(5000, reason)
	}
	<-stream.Done()
	r.Broker().Shutdown()
	r.Broker().Join()
	if n := log.records.Load(); n != 1 {
		t.Errorf("%d records", n)
	}
}

// Who asks for ids and reads no answer is heard all the same: its reader does not wait
// for the link that it reads from.
func TestIDsAreGivenWithoutWaiting(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	heard := make(chan struct{}, 2)
	if _, err := master.router.AddHandler(mitogen.Handler{Handle: 5000, Func: func(m *mitogen.Message) {
		if !m.IsDead() {
			heard <- struct{}{}
		}
	}}); err != nil {
		t.Fatal(err)
	}
	h := master.hostile(t)
	go h.batch([]wire.Frame{
		{Src: h.id, Auth: h.id, Handle: wire.AllocateID, ReplyTo: 41},
		{Src: h.id, Auth: h.id, Handle: 5000},
		{Src: h.id, Auth: h.id, Handle: wire.AllocateID, ReplyTo: 41},
		{Src: h.id, Auth: h.id, Handle: 5000},
	})
	for range 2 {
		select {
		case <-heard:
		case <-time.After(30 * time.Second):
			t.Fatal("the reader waits")
		}
	}
}

// A stolen child that sends dead messages without end to a sibling with a slow link does
// not cost the sibling its link: what is too much of them is lost.
func TestDeadMessagesOfASiblingCostNoLink(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	slow, loud := master.hostile(t), master.hostile(t)
	for range 150 { // twice the limit, and more: one batch may be on its way
		loud.send(wire.Frame{Dst: slow.id, Src: loud.id, Auth: loud.id, Handle: 5000, ReplyTo: wire.IsDead, Data: make([]byte, 1<<20)})
	}
	loud.ping()
	if err := master.router.ContextByID(slow.id, "").Shutdown(); err != nil {
		t.Fatal(err)
	}
	awaitShutdown(t, slow.rd)
}

// awaitShutdown reads from a link that is still there.
func awaitShutdown(t *testing.T, rd *wire.Reader) {
	t.Helper()
	for {
		switch f, err := rd.Next(); {
		case err != nil:
			t.Fatal(err)
		case f.Handle == wire.Shutdown:
			return
		}
	}
}

// What a context logs of messages that it refuses does not cost it the link to its
// parent, however many there are.
func TestRecordsOfRefusedMessagesCostNoLink(t *testing.T) {
	handler := mitogen.NewLogHandler(slog.LevelWarn)
	r := mitogen.NewRouter(mitogen.Options{ID: 1, ParentIDs: []uint32{0}, Log: slog.New(handler)})
	defer func() { r.Broker().Shutdown(); r.Broker().Join() }()
	handler.SetRouter(r)
	up, down := net.Pipe()
	defer func() { _ = up.Close() }()
	r.AttachParent(down, nil)
	if err := (&mitogen.Server{Router: r}).Start(); err != nil {
		t.Fatal(err)
	}
	below, end := net.Pipe()
	defer func() { _ = end.Close() }()
	r.AttachChild(below, r.NewChild(2, strings.Repeat("x", 256<<10)))
	h := &hostile{t: t, id: 2, conn: end}
	for range 600 { // twice the limit, and more: one batch may be on its way
		h.send(wire.Frame{Dst: 1, Src: 2, Auth: 2, Handle: wire.CallFunction})
	}
	r.Parent().EndBulk(wire.Shutdown, "the last")
	awaitShutdown(t, wire.NewReader(up, 1<<30))
}

// A stolen child whose contexts come and go without end is read no faster than the link
// upwards takes the news: it does not cost its parent that link.
func TestNewsOfRoutesCostNoLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := mitogen.NewRouter(mitogen.Options{ID: 1, ParentIDs: []uint32{0}})
		defer func() { r.Broker().Shutdown(); r.Broker().Join() }()
		up, down := net.Pipe()
		defer func() { _ = up.Close() }()
		stream := r.AttachParent(down, nil)
		below, end := net.Pipe()
		defer func() { _ = end.Close() }()
		r.AttachChild(below, r.NewChild(2, "stolen"))
		h := &hostile{t: t, id: 2, conn: end, rd: wire.NewReader(end, 1<<20)}
		h.send(wire.Frame{Dst: 1, Src: 2, Auth: 2, Handle: wire.AllocateID, ReplyTo: 41})
		above := wire.NewReader(up, 1<<20)
		for f := (wire.Frame{}); f.Handle != wire.AllocateID; {
			var err error
			if f, err = above.Next(); err != nil {
				t.Fatal(err)
			}
			if f.Handle == wire.AllocateID {
				(&hostile{t: t, conn: up}).send(wire.Frame{Dst: 1, Handle: f.ReplyTo, Data: encoded(t, value.List{int64(1000), int64(2000)})})
			}
		}
		if _, err := h.rd.Next(); err != nil {
			t.Fatal(err)
		}
		const times = 140_000 // twice the limit, and more: one batch may be on its way
		add := wire.Frame{Dst: 1, Src: 2, Auth: 2, Handle: wire.AddRoute, Data: encoded(t, value.List{int64(1000), strings.Repeat("x", 1000)})}
		del := wire.Frame{Dst: 1, Src: 2, Auth: 2, Handle: wire.DelRoute, Data: encoded(t, value.List{int64(1000), ""})}
		go func() {
			for range times / 1000 {
				h.batch(slices.Repeat([]wire.Frame{add, del}, 1000))
			}
		}()
		synctest.Wait()
		select {
		case <-stream.Done():
			t.Fatal("the link was cut off")
		default:
		}
		for added := 0; added < times; {
			f, err := above.Next()
			if err != nil {
				t.Fatal(err)
			}
			if f.Handle == wire.AddRoute {
				added++
			}
		}
	})
}
