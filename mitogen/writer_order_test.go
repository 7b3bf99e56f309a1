package mitogen

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// moody is a connection that takes what is tried in part, or not at all.
type moody struct{ net.Conn }

func (m moody) TryWrite(b []byte) int {
	n, _ := m.Write(b[:rand.IntN(len(b)+1)])
	return n
}

func (m moody) WriteBuffers(pieces net.Buffers) error {
	_, err := m.Write(bytes.Join(pieces, nil))
	return err
}

// twofold has a second way beside.
type twofold struct {
	moody
	side moody
}

func (c twofold) Bulk() wire.Bulk { return wire.Bulk{ReadWriter: c.side, Least: wire.BulkData} }

// What many send by one link, in all the ways that there are, arrives once, whole, and in
// the order in which each sent it.
func TestWhatManySendArrives(t *testing.T) {
	up, down := net.Pipe()
	defer func() { _, _ = up.Close(), down.Close() }()
	t.Run("one way", func(t *testing.T) { checkManySend(t, moody{up}, down, wire.Bulk{}) })
	up, down = net.Pipe()
	sideUp, sideDown := net.Pipe()
	defer func() { _, _, _, _ = up.Close(), down.Close(), sideUp.Close(), sideDown.Close() }()
	t.Run("two ways", func(t *testing.T) {
		checkManySend(t, twofold{moody{up}, moody{sideUp}}, down, wire.Bulk{ReadWriter: sideDown, Least: wire.BulkData})
	})
}

func checkManySend(t *testing.T, up io.ReadWriteCloser, down net.Conn, bulk wire.Bulk) {
	const senders, each = 8, 400
	r := NewRouter(Options{})
	defer func() { r.Broker().Shutdown(); r.Broker().Join() }()
	s := r.newStream(up, 1, "far")
	defer s.Abort()
	for sender := range uint32(senders) {
		go func() {
			for n := range uint32(each) {
				if err := s.send(anyFrame(sender, n), urgency(rand.IntN(int(urgent)+1))); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	rd := wire.NewReader(down, 1<<20)
	rd.Bulk = bulk
	var next [senders]uint32
	for range senders * each {
		f, err := rd.Next()
		if err != nil {
			t.Fatal(err)
		}
		if f.ReplyTo != next[f.Handle] || bytes.Count(f.Data, []byte{fill(f.Handle, f.ReplyTo)}) != len(f.Data) {
			t.Fatalf("frame %d of %d came instead of %d, or another's data with it", f.ReplyTo, f.Handle, next[f.Handle])
		}
		next[f.Handle]++
		f.Buffer.Free()
	}
	s.out.drain()
	if w := &s.out; len(w.pending) > 0 || len(w.loans) > 0 || w.size != 0 || w.forced != 0 {
		t.Errorf("%d pieces, %d loans and %d bytes are left, %d of them forced", len(w.pending), len(w.loans), w.size, w.forced)
	}
	_ = down.Close()
	if err := s.send(anyFrame(0, 0), waits); err == nil {
		if err = s.send(anyFrame(0, 0), waits); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("by a link that takes nothing: %v", err)
		}
	}
}

// fill is what the data of a frame consists of.
func fill(sender, n uint32) byte { return byte(31*sender + n) }

// anyFrame is of any size, and its data stands anywhere.
func anyFrame(sender, n uint32) *wire.Frame {
	f := &wire.Frame{Dst: 1, Handle: sender, ReplyTo: n}
	data := bytes.Repeat([]byte{fill(sender, n)}, []int{0, 5, 1000, 1500, 5000, 40_000}[rand.IntN(6)])
	switch rand.IntN(3) {
	case 0:
		f.Buffer = wire.NewBuffer()
		f.Data = f.Buffer.Data()[:copy(f.Buffer.Data(), data)]
	case 1:
		f.Tail = string(data)
	default:
		f.Data = data
	}
	return f
}
