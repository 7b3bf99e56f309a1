package wire

import "sync"

// BufferData is the most data that a Buffer holds, in bytes: what a pipe does, and
// a little more.
const BufferData = 64<<10 + 32

// leastBuffered is the least data that a Reader puts into a Buffer.
const leastBuffered = 16 << 10

// Buffer holds one frame of bulk data, with room for its header, so that it is
// written in one piece. Buffers are used again: without that, bulk data would keep
// the garbage collector busy.
type Buffer [HeaderSize + BufferData]byte

// bufferPool has those that were freed.
var bufferPool = sync.Pool{New: func() any { return new(Buffer) }}

// NewBuffer returns a Buffer that may have anything in it.
func NewBuffer() *Buffer { return bufferPool.Get().(*Buffer) }

// Free gives b up. Whoever has taken a frame over frees its Buffer, if it has one:
// who does not leaves it to the garbage collector.
func (b *Buffer) Free() {
	if b != nil {
		bufferPool.Put(b)
	}
}

// Data is where the data of the frame stands.
func (b *Buffer) Data() []byte { return b[HeaderSize:] }

// Bytes puts the header of f, whose Buffer b is, before the data and returns both.
func (b *Buffer) Bytes(f *Frame) []byte {
	f.AppendHeader(b[:0])
	return b[: HeaderSize+len(f.Data) : HeaderSize+len(f.Data)]
}
