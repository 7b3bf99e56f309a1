package mitogen

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// taker takes what is tried, and all that is written.
type taker struct{ bytes.Buffer }

func (t *taker) TryWrite(b []byte) int { n, _ := t.Write(b); return n }

// Others add to what is pending between the moment when a reader finds one small
// piece there and the one when it tries to write that: nothing of it is lost.
func TestWhatIsAddedToARelayedFrameIsKept(t *testing.T) {
	w, to := &writer{busy: true}, &taker{}
	small := &wire.Frame{Dst: 1, Data: []byte("relayed")}
	large := &wire.Frame{Dst: 1, Data: []byte("own"), Tail: strings.Repeat("x", 64<<10)}
	w.appendLocked(small)
	if !w.smallLocked() {
		t.Fatal("a small frame is no small piece")
	}
	w.appendLocked(large)
	if w.attempt(to) || !w.takeDue() {
		t.Fatal("nothing is due")
	}
	if err := w.flush(to); err != nil {
		t.Fatal(err)
	}
	if got, want := to.Len(), small.Size()+large.Size(); got != want {
		t.Errorf("%d bytes were written, want %d", got, want)
	}
}

// A lent Buffer that has little in it, as the end of a copied file, is given back when
// it is written: no later frame is put where its next owner has data of its own.
func TestWhatWasLentIsNotKept(t *testing.T) {
	w, to := &writer{busy: true}, &taker{}
	lent := wire.NewBuffer()
	w.appendLocked(&wire.Frame{Dst: 1, Data: lent.Data()[:1000], Buffer: lent})
	if err := w.flush(to); err != nil {
		t.Fatal(err)
	}
	clear(lent[:])
	w.appendLocked(&wire.Frame{Dst: 2, Data: []byte("own")})
	if *lent != (wire.Buffer{}) {
		t.Error("a frame stands in a Buffer that was given up")
	}
}
