package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// HeaderSize is the length of a frame's header in bytes.
const HeaderSize = 26

const magic = 0x4d49

// Frame is a message as it stands on a link.
type Frame struct {
	Dst, Src, Auth  uint32
	Handle, ReplyTo uint32
	Data            []byte
	// Tail follows Data on the link: bulk data that is sent from where it stands. A frame
	// that a Reader gives has it in Data.
	Tail string
	// Buffer is where Data stands, from the start of its Data, for bulk data; else nil.
	// Who sends the frame gives it up.
	Buffer *Buffer
}

// Size is the number of bytes that f takes on a link.
func (f *Frame) Size() int { return HeaderSize + f.Length() }

// Length is the number of bytes of its data.
func (f *Frame) Length() int { return len(f.Data) + len(f.Tail) }

// AppendHeader appends the header of f to dst.
func (f *Frame) AppendHeader(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, magic)
	for _, n := range [...]uint32{f.Dst, f.Src, f.Auth, f.Handle, f.ReplyTo, uint32(f.Length())} {
		dst = binary.BigEndian.AppendUint32(dst, n)
	}
	return dst
}

// CorruptError says that what came on a link is no frame.
type CorruptError struct {
	// Got is what came instead, at most 2 KiB.
	Got []byte
}

// Error shows the bytes that came.
func (e *CorruptError) Error() string {
	return "corruption detected: frame signature incorrect, received " + strconv.Quote(string(e.Got))
}

// TooLargeError says that a frame was thrown away because of its length.
type TooLargeError struct {
	// Frame is its header; it has no data.
	Frame Frame
	// Length and Max are in bytes.
	Length, Max uint32
}

// Error names the limit.
func (e *TooLargeError) Error() string { return TooLarge(int64(e.Max)) }

// TooLarge is the reason given for every message over the limit of max bytes.
func TooLarge(max int64) string { return fmt.Sprintf("message too large (max %d bytes)", max) }

// BulkData is from how many bytes on data is better off by a second way.
const BulkData = 16 << 10

// Bulk is a second way beside a link's own, for the data of large frames: both ends
// must know of it. The zero value is none.
type Bulk struct {
	io.ReadWriter
	// Least is from how many bytes on the data of a frame goes there.
	Least int
}

// Takes reports whether the data of a frame that has n bytes goes there.
func (b *Bulk) Takes(n int) bool { return b.ReadWriter != nil && n >= b.Least }

// Reader reads frames from a link. It is for one goroutine.
type Reader struct {
	// Bulk is the second way of the link.
	Bulk Bulk
	// Limit gives the most bytes of data of a frame, if that can change; it is asked
	// at each frame.
	Limit func() uint32
	// Returns tells whether who takes a frame to that handle of that context gives a
	// Buffer back. Others have memory of their own; nil for all.
	Returns func(dst, handle uint32) bool

	r        io.Reader
	buf      []byte
	lo       int
	hi       int
	max      uint32
	skip     int64 // bytes of a frame that is too large, which are thrown away
	skipBulk bool  // they come by Bulk
	bulk     bool  // the last frame had much data, by r
}

// The buffer of a Reader: small at first, as most links are idle most of the
// time, and doubled when a read has filled it, up to many small frames, so that a
// burst costs one system call.
const (
	firstReadBuffer = 2 << 10
	lastReadBuffer  = 64 << 10
)

// NewReader returns a Reader of frames of at most max bytes of data.
func NewReader(r io.Reader, max uint32) *Reader {
	return &Reader{r: r, max: max}
}

// Next returns the next frame; its Data is the caller's to keep. At a frame
// boundary the end of the link is io.EOF. After a *TooLargeError the Reader
// stands at the next frame; after any other error it is of no more use.
func (rd *Reader) Next() (Frame, error) {
	if err := rd.discard(); err != nil {
		return Frame{}, err
	}
	if err := rd.fill(HeaderSize); err != nil {
		return Frame{}, err
	}
	h := rd.buf[rd.lo:]
	if binary.BigEndian.Uint16(h) != magic {
		return Frame{}, rd.corrupt()
	}
	f := Frame{
		Dst: binary.BigEndian.Uint32(h[2:]), Src: binary.BigEndian.Uint32(h[6:]),
		Auth: binary.BigEndian.Uint32(h[10:]), Handle: binary.BigEndian.Uint32(h[14:]),
		ReplyTo: binary.BigEndian.Uint32(h[18:]),
	}
	length := binary.BigEndian.Uint32(h[22:])
	rd.lo += HeaderSize
	if rd.Limit != nil {
		rd.max = rd.Limit()
	}
	if length > rd.max {
		rd.skip, rd.skipBulk = int64(length), rd.Bulk.Takes(int(length))
		return Frame{}, &TooLargeError{Frame: f, Length: length, Max: rd.max}
	}
	err := rd.data(&f, length)
	return f, err
}

// firstGrowth bounds what a header alone can make us allocate: a longer frame's
// buffer grows as its bytes arrive. A round megabyte with its encoding fits.
const firstGrowth = 1<<20 + 4<<10

// unzeroed gives n bytes that may have anything in them: to clear those of large
// frames, which are overwritten at once, takes a tenth of all their time.
func unzeroed(n int) []byte {
	var b strings.Builder
	b.Grow(n)
	return unsafe.Slice(unsafe.StringData(b.String()), n)
}

// data reads the data of f.
func (rd *Reader) data(f *Frame, length uint32) error {
	rd.bulk = false
	if length == 0 {
		return nil
	}
	var data []byte
	if length >= leastBuffered && length <= BufferData && (rd.Returns == nil || rd.Returns(f.Dst, f.Handle)) {
		f.Buffer = NewBuffer()
		data = f.Buffer.Data()[:length:length]
	} else {
		data = unzeroed(int(min(length, firstGrowth)))
	}
	var from io.Reader = rd.Bulk.ReadWriter
	have := 0
	if !rd.Bulk.Takes(int(length)) {
		from, have = rd.r, copy(data, rd.buf[rd.lo:rd.hi])
		rd.lo += have
		rd.bulk = length >= leastBuffered
	}
	var err error
	f.Data, err = readAll(from, data, have, int(length))
	return err
}

// readAll reads n bytes into data, which has some already, or into a larger one.
func readAll(from io.Reader, data []byte, have, n int) ([]byte, error) {
	for {
		got, err := io.ReadFull(from, data[have:])
		have += got
		if err != nil {
			return nil, cutShort(err)
		}
		if have == n {
			return data, nil
		}
		grown := unzeroed(min(n, 2*len(data)))
		copy(grown, data)
		data = grown
	}
}

func (rd *Reader) fill(n int) error {
	if rd.hi-rd.lo >= n {
		return nil
	}
	rd.makeRoom()
	for rd.hi < n {
		got, err := rd.r.Read(rd.buf[rd.hi:rd.end(n)])
		rd.hi += got
		if err != nil && rd.hi < n {
			if rd.hi == 0 {
				return err
			}
			if rd.hi >= 2 && binary.BigEndian.Uint16(rd.buf) != magic {
				return rd.corrupt()
			}
			return cutShort(err)
		}
	}
	return nil
}

// end is up to where to read for n bytes: little where the next frame is likely to
// be bulk data too, as what is read here is copied once more.
func (rd *Reader) end(n int) int {
	if rd.bulk {
		return min(len(rd.buf), max(n, firstReadBuffer))
	}
	return len(rd.buf)
}

// makeRoom moves what is left to the start of the buffer, of a larger one if the
// last read filled it.
func (rd *Reader) makeRoom() {
	to := rd.buf
	switch {
	case to == nil:
		to = make([]byte, firstReadBuffer)
	case rd.hi == len(to) && len(to) < lastReadBuffer:
		to = make([]byte, 2*len(to))
	}
	rd.hi = copy(to, rd.buf[rd.lo:rd.hi])
	rd.buf, rd.lo = to, 0
}

func (rd *Reader) discard() error {
	if rd.skipBulk && rd.skip > 0 {
		n, err := io.CopyN(io.Discard, rd.Bulk, rd.skip)
		if rd.skip -= n; err != nil {
			return cutShort(err)
		}
	}
	for rd.skip > 0 {
		if rd.lo == rd.hi {
			if err := rd.fill(1); err != nil {
				return cutShort(err)
			}
		}
		n := min(rd.skip, int64(rd.hi-rd.lo))
		rd.lo += int(n)
		rd.skip -= n
	}
	return nil
}

func (rd *Reader) corrupt() error {
	got := rd.buf[rd.lo:min(rd.hi, rd.lo+2048)]
	return &CorruptError{Got: append([]byte(nil), got...)}
}

// cutShort is the error of a link that ended within a frame. A socket whose far end had
// something left to read says so by an error of its own.
func cutShort(err error) error {
	if err == io.EOF || errors.Is(err, syscall.ECONNRESET) {
		return io.ErrUnexpectedEOF
	}
	return err
}
