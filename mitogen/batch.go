package mitogen

import (
	"bytes"
	"io"
	"net"
	"unsafe"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// inlineData is the largest data that is copied behind its header; longer data
// is handed to the kernel from where it stands.
const inlineData = 4 << 10

// piece is bytes that go by one way.
type piece struct {
	data []byte
	bulk bool // by the second one
	own  bool // data is the writer's
}

// appendLocked adds a frame to what is pending.
func (w *writer) appendLocked(f *wire.Frame) {
	w.size += f.Size()
	aside := w.bulk.Takes(f.Length())
	if f.Buffer != nil {
		w.loans = append(w.loans, f.Buffer)
		if !aside {
			w.pending = append(w.pending, piece{data: f.Buffer.Bytes(f)})
			return
		}
	}
	inline := f.Data
	if aside || len(f.Data) > inlineData {
		inline = nil
	}
	head := w.headLocked(wire.HeaderSize + len(inline))
	head.data = append(f.AppendHeader(head.data), inline...)
	if len(inline) < len(f.Data) {
		data := f.Data[:len(f.Data):len(f.Data)]
		if f.Buffer == nil && len(data) <= inlineData {
			data = bytes.Clone(data) // its owner may use it again
		}
		w.pending = append(w.pending, piece{data: data, bulk: aside})
	}
	if f.Tail != "" { // nobody writes to what is pending, but behind it
		w.pending = append(w.pending, piece{data: unsafe.Slice(unsafe.StringData(f.Tail), len(f.Tail)), bulk: aside})
	}
}

// headLocked gives a piece with room for n bytes behind what it has.
func (w *writer) headLocked(n int) *piece {
	if i := len(w.pending) - 1; i >= 0 && w.pending[i].own && cap(w.pending[i].data)-len(w.pending[i].data) >= n {
		return &w.pending[i]
	}
	w.pending = append(w.pending, piece{data: w.bufferLocked(n), own: true})
	return &w.pending[len(w.pending)-1]
}

// keptBuffer is the largest buffer that is kept for the next batch: what a burst fills.
// Idle links that had none hold next to nothing.
const keptBuffer = 2 * gatherLimit

// bufferLocked gives an empty buffer with room for n bytes, and for as many more; for a
// burst if one is being gathered.
func (w *writer) bufferLocked(n int) []byte {
	room := max(512, 2*n)
	if len(w.pending) > 0 {
		room = max(room, keptBuffer)
	}
	if buf := w.small; cap(buf) >= room {
		w.small = nil
		return buf
	}
	return make([]byte, 0, room)
}

// keepLocked keeps the memory of a batch that was written, as far as it is its own.
func (w *writer) keepLocked(batch []piece) {
	for _, p := range batch {
		if p.own && cap(p.data) <= keptBuffer && cap(p.data) > cap(w.small) {
			w.small = p.data[:0]
		}
	}
	clear(batch)
	w.spare = batch[:0]
}

// BuffersWriter is what a connection may have besides, or its second way.
type BuffersWriter interface {
	// WriteBuffers writes all pieces. It may use up the list of them.
	WriteBuffers(pieces net.Buffers) error
}

// BulkConn is what a connection may have besides: the data of large frames then goes by
// a second way, and small frames go by what is quicker for them.
type BulkConn interface {
	// Bulk is the second way, which is closed with the first.
	Bulk() wire.Bulk
}

// write writes a batch in its order, as the far side reads it: what goes by one way
// may not be written before what stands before it, on the other, has been taken.
func (w *writer) write(conn io.Writer, batch []piece) error {
	for len(batch) > 0 {
		n := 1
		for n < len(batch) && batch[n].bulk == batch[0].bulk {
			n++
		}
		to := conn
		if batch[0].bulk {
			to = w.bulk.ReadWriter
		}
		if err := writeAll(to, batch[:n]); err != nil {
			return err
		}
		batch = batch[n:]
	}
	return nil
}

func writeAll(to io.Writer, pieces []piece) error {
	if all, ok := to.(BuffersWriter); ok && len(pieces) > 1 {
		list := make(net.Buffers, len(pieces))
		for i, p := range pieces {
			list[i] = p.data
		}
		return all.WriteBuffers(list)
	}
	for _, p := range pieces {
		if _, err := to.Write(p.data); err != nil {
			return err
		}
	}
	return nil
}
