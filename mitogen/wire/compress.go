package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/s2"
)

const (
	// chunkSize is the most plain data that a chunk has: a Buffer.
	chunkSize = HeaderSize + BufferData
	// chunkHead is a chunk's length in 31 bits; the highest bit says compressed.
	chunkHead = 4
	packed    = 1 << 31
	// worthIt is the least data that is tried: less hardly shrinks.
	worthIt = 64
	// tells is the least data that says something of what comes next: bulk data that
	// does not shrink is followed by more of it.
	tells = 16 << 10
	// patience is how many chunks in a row must not shrink before any goes untried.
	patience = 4
	// maxBlind bounds how many chunks go untried after those that did not shrink:
	// a megabyte, after which what shrinks is noticed again.
	maxBlind = 16
	// bulkRead is as much as is read at once while bulk data comes. It saves system
	// calls, and over x/crypto/ssh packets: a read there may send a window adjustment.
	bulkRead = 256 << 10
)

// maxChunk bounds what follows a chunk's head.
var maxChunk = s2.MaxEncodedLen(chunkSize)

// buffers are those of writers at work; an idle link holds none. bulkBuffers are
// those of readers, while bulk data comes.
var (
	buffers     = sync.Pool{New: func() any { b := make([]byte, chunkHead+maxChunk); return &b }}
	bulkBuffers = sync.Pool{New: func() any { b := make([]byte, bulkRead); return &b }}
)

// errChunk is the end of a link that is not what Compress writes.
var errChunk = errors.New("the link's compressed data makes no sense")

// compressed is one end of a link.
type compressed struct {
	io.WriteCloser
	r io.Reader

	// owned by the reader
	raw    []byte // of the link, from lo to hi still to be taken
	lo, hi int
	small  []byte  // the link's own buffer
	loan   *[]byte // the shared one that raw is, if it is one
	plain  []byte  // what is left of an unpacked chunk
	left   int     // bytes of raw data of the current chunk that are still to come
	bulk   bool    // the last read brought much, so the next one will

	// owned by the writer
	dull  int // chunks in a row that were tried and did not shrink
	blind int // chunks to be sent without a try
}

// Compress gives the link in which both ends send chunks: a head of 4 bytes and
// up to chunkSize of data, an s2 block if that is shorter. Each Write is on its way
// when it returns. As ever, one goroutine may read and another one write.
func Compress(link io.ReadWriteCloser) io.ReadWriteCloser {
	return &compressed{WriteCloser: link, r: link}
}

// Write sends p in chunks.
func (c *compressed) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	done := 0
	for done < len(p) {
		part := p[done:min(len(p), done+chunkSize)]
		if _, err := c.WriteCloser.Write(c.chunk(*buf, part)); err != nil {
			return done, err
		}
		done += len(part)
	}
	return done, nil
}

// chunk makes one in buf: plain, unless packing saves a sixteenth.
func (c *compressed) chunk(buf, part []byte) []byte {
	if c.worthTrying(len(part)) {
		block := s2.Encode(buf[chunkHead:], part)
		n := len(block)
		shrinks := n < len(part)-len(part)/16
		if len(part) >= tells {
			c.learn(shrinks)
		}
		if shrinks {
			binary.BigEndian.PutUint32(buf, packed|uint32(n))
			return buf[:chunkHead+n]
		}
	}
	binary.BigEndian.PutUint32(buf, uint32(len(part)))
	return buf[:chunkHead+copy(buf[chunkHead:], part)]
}

// worthTrying reports whether n bytes may shrink. s2 is quick to see that data does
// not, but not for nothing.
func (c *compressed) worthTrying(n int) bool {
	if n >= tells && c.blind > 0 {
		c.blind--
		return false
	}
	return n >= worthIt
}

// learn makes the pauses between tries longer, the longer nothing shrinks.
func (c *compressed) learn(shrinks bool) {
	if shrinks {
		c.dull = 0
		return
	}
	if c.dull++; c.dull >= patience {
		c.blind = min(c.dull-patience+1, maxBlind)
	}
}

// Read gives what the other end wrote.
func (c *compressed) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(c.plain) == 0 && c.left == 0 {
		n, err := c.next(p)
		if n > 0 || err != nil {
			return n, err
		}
	}
	if len(c.plain) > 0 {
		n := copy(p, c.plain)
		if c.plain = c.plain[n:]; len(c.plain) == 0 {
			c.plain = nil
		}
		return n, nil
	}
	if err := c.fill(1); err != nil {
		return 0, cutShort(err)
	}
	n := copy(p, c.raw[c.lo:min(c.hi, c.lo+c.left)])
	c.left -= n
	c.take(n)
	return n, nil
}

// next reads a chunk's head, and unpacks the chunk if it is packed: into p if
// there is room for it.
func (c *compressed) next(p []byte) (int, error) {
	if err := c.fill(chunkHead); err != nil {
		return 0, err
	}
	head := binary.BigEndian.Uint32(c.raw[c.lo:])
	n := int(head &^ packed)
	if n > maxChunk || n == 0 || head&packed == 0 && n > chunkSize {
		return 0, fmt.Errorf("%w: a chunk of %d bytes", errChunk, n)
	}
	c.take(chunkHead)
	if head&packed == 0 {
		c.left = n
		return 0, nil
	}
	if err := c.fill(n); err != nil {
		return 0, cutShort(err)
	}
	defer c.take(n)
	block := c.raw[c.lo : c.lo+n]
	size, err := s2.DecodedLen(block)
	if err != nil || size > chunkSize || size == 0 {
		return 0, fmt.Errorf("%w: a block of %d bytes", errChunk, size)
	}
	to := p
	if len(p) < size {
		to = make([]byte, size)
	}
	data, err := s2.Decode(to[:size], block)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errChunk, err)
	}
	if len(p) < size {
		c.plain = data
		return 0, nil
	}
	return size, nil
}

// fill reads until n bytes are there.
func (c *compressed) fill(n int) error {
	if c.hi-c.lo >= n {
		return nil
	}
	c.makeRoom(n)
	for c.hi < n {
		got, err := c.r.Read(c.raw[c.hi:])
		c.hi += got
		c.bulk = got >= firstReadBuffer
		if err != nil && c.hi < n {
			if c.hi > 0 {
				return cutShort(err)
			}
			return err
		}
	}
	return nil
}

// makeRoom moves what is left to the start of a buffer for n bytes: the link's own
// small one while it has little to say, a shared one while reads fill that. After
// bulk data the shared one is held until something small comes.
func (c *compressed) makeRoom(n int) {
	to := c.raw
	switch {
	case c.loan != nil:
	case c.bulk || n > firstReadBuffer:
		to = c.borrow()
	case to == nil:
		to = c.own()
	}
	c.hi = copy(to, c.raw[c.lo:c.hi])
	c.raw, c.lo = to, 0
}

func (c *compressed) own() []byte {
	if c.small == nil {
		c.small = make([]byte, firstReadBuffer)
	}
	return c.small
}

func (c *compressed) borrow() []byte {
	c.loan = bulkBuffers.Get().(*[]byte)
	return *c.loan
}

// take gives n bytes away, and with the last of them what was borrowed.
func (c *compressed) take(n int) {
	c.lo += n
	if c.lo < c.hi {
		return
	}
	c.raw, c.lo, c.hi = nil, 0, 0
	if c.loan != nil {
		bulkBuffers.Put(c.loan)
		c.loan = nil
	}
}
