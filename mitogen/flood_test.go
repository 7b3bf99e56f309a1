package mitogen_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// batch sends many frames in one write.
func (h *hostile) batch(fs []wire.Frame) {
	var b []byte
	for _, f := range fs {
		b = append(f.AppendHeader(b), f.Data...)
	}
	_, _ = h.conn.Write(b) // the other end may cut it off
}

func TestOneWhoReadsNoAnswersIsCutOff(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	chunk := bytes.Repeat([]byte("x"), 1<<20)
	hash := sha256.Sum256(chunk)
	master.router.Chunks.Put(&value.Chunk{Hash: hash, Data: chunk})
	h := master.hostile(t)
	stream := master.router.StreamByID(h.id)
	var ask []wire.Frame
	for range 300 { // twice the limit, and more: one batch of answers may be on its way
		ask = append(ask, wire.Frame{Src: h.id, Auth: h.id, Handle: wire.GetModule, ReplyTo: 41, Data: append([]byte{0x58, 32}, hash[:]...)})
	}
	h.batch(ask)
	<-stream.Done()
	if log := master.log.String(); !strings.Contains(log, "the far side does not read") {
		t.Fatalf("log:\n%s", log)
	}
}

func TestRequestsSideBySideAreBounded(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	release := make(chan struct{})
	err := mitogen.Serve(master.router, map[string]mitogen.Service{"slow": {
		Func: func(context.Context, *mitogen.Message, value.Value) (value.Value, error) { <-release; return nil, nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	h := master.hostile(t)
	data := encoded(t, value.List{"slow", nil})
	var ask []wire.Frame
	for range 4097 {
		ask = append(ask, wire.Frame{Src: h.id, Auth: h.id, Handle: wire.CallService, ReplyTo: 41, Data: data})
	}
	go h.batch(ask)
	f, err := h.rd.Next()
	if err != nil || f.ReplyTo != wire.IsDead || !strings.Contains(string(f.Data), "too many requests at a time") {
		t.Fatalf("got %+v, %v", f, err)
	}
	close(release)
	h.ping()
}

func TestRoutesOfASubtreeAreBounded(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	h := master.hostile(t)
	for range 51 {
		go h.send(wire.Frame{Src: h.id, Auth: h.id, Handle: wire.AllocateID, ReplyTo: 41})
		if _, err := h.rd.Next(); err != nil {
			t.Fatal(err)
		}
	}
	first := h.id + 1
	var add []wire.Frame
	for i := range uint32(50_001) {
		add = append(add, wire.Frame{Src: h.id, Auth: h.id, Handle: wire.AddRoute,
			Data: encoded(t, value.List{int64(first + i), "n"})})
	}
	h.batch(add)
	h.ping()
	if n := len(master.router.Contexts()); n != 50_000 {
		t.Fatalf("%d contexts", n)
	}
	if !strings.Contains(master.log.String(), "the subtree has too many contexts") {
		t.Fatal("not logged")
	}
}

func TestOneWhoTalksToEverybodyIsToldOfEveryEnd(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	h := master.hostile(t)
	var talk []wire.Frame
	for i := range uint32(70_000) {
		talk = append(talk, wire.Frame{Dst: 1_000_000 + i, Src: h.id, Auth: h.id, Handle: 5000})
	}
	h.batch(talk)
	h.ping()
	victim := master.child("victim", nil)
	master.router.StreamByID(victim.router.ID()).Abort()
	if f, err := h.rd.Next(); err != nil || f.Handle != wire.DelRoute {
		t.Fatalf("got %+v, %v", f, err)
	}
}

func TestContextsThatAreNamedOnlyAreNotKept(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	c := master.router.ContextByID(1234, "nobody")
	<-c.Gone()
	if master.router.ContextByID(1234, "nobody") == c {
		t.Fatal("it was kept")
	}
	rv, err := mitogen.NewReceiver(master.router, mitogen.ReceiverOptions{Respondent: c})
	if err != nil {
		t.Fatal(err)
	}
	_, err = rv.Get(context.Background())
	wantError(t, err, value.KindChannel, "the respondent Context has disconnected")
}

// A context below cannot tell which contexts are elsewhere: it keeps a bounded number.
func TestContextsElsewhereAreBounded(t *testing.T) {
	a := newTree(t, mitogen.Options{}).child("a", nil)
	const first, bound = 10_000, 1 << 17
	for id := range uint32(bound) {
		a.router.ContextByID(first+id, "")
	}
	kept := func(id uint32) bool { // it is the same object the next time
		known := a.router.ContextByID(id, "")
		return known == a.router.ContextByID(id, "")
	}
	if !kept(first) {
		t.Error("the first was not kept")
	}
	if kept(first + bound) {
		t.Error("all are kept")
	}
}

// stuckPair has one far side that floods another, which does not read, so that
// the flooder's reader waits for room.
func stuckPair(t *testing.T, master *contextNode) {
	deaf, loud := master.hostile(t), master.hostile(t)
	data := make([]byte, 128<<10)
	for range 4 { // what the link holds, what may wait, and one more
		loud.send(wire.Frame{Dst: deaf.id, Src: loud.id, Auth: loud.id, Handle: 5000, Data: data})
	}
}

func TestShutdownEndsStreamsThatWaitForEachOther(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	master.router.Broker().ShutdownTimeout = 20 * time.Millisecond
	stuckPair(t, master)
	master.router.Broker().Shutdown()
	master.router.Broker().Join()
}

func TestAbortEndsAReaderThatWaitsForRoom(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	stuckPair(t, master)
	loud := master.router.StreamByID(2)
	if loud == nil {
		loud = master.router.StreamByID(1002)
	}
	loud.Abort()
	<-loud.Done()
	master.router.StreamByID(1).Abort()
}
