package sftp

import (
	"encoding/binary"
	"errors"
	"io"
)

// The types of packets.
const (
	typeInit          = 1
	typeVersion       = 2
	typeOpen          = 3
	typeClose         = 4
	typeRead          = 5
	typeWrite         = 6
	typeLstat         = 7
	typeFstat         = 8
	typeSetstat       = 9
	typeFsetstat      = 10
	typeOpendir       = 11
	typeReaddir       = 12
	typeRemove        = 13
	typeMkdir         = 14
	typeRmdir         = 15
	typeRealpath      = 16
	typeStat          = 17
	typeRename        = 18
	typeReadlink      = 19
	typeSymlink       = 20
	typeStatus        = 101
	typeHandle        = 102
	typeData          = 103
	typeName          = 104
	typeAttrs         = 105
	typeExtended      = 200
	typeExtendedReply = 201
)

const (
	// version is that of the protocol.
	version = 3
	// maxPacket is the longest packet, in bytes, as OpenSSH has it.
	maxPacket = 256 << 10
	// maxData is the most that one packet reads or writes, in bytes.
	maxData = maxPacket - 1024
)

var errShort = errors.New("a packet is too short")

// readPacket reads a packet into buf, which grows.
func readPacket(r io.Reader, buf []byte) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > maxPacket {
		return nil, errors.New("a packet of bad length")
	}
	if cap(buf) < int(n) {
		buf = make([]byte, maxPacket)
	}
	buf = buf[:n]
	_, err := io.ReadFull(r, buf)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return buf, err
}

// request reads the fields of a packet. The first error stays.
type request struct {
	b   []byte
	err error
}

func (q *request) take(n int) []byte {
	if q.err != nil || n > len(q.b) {
		q.err = errShort
		return nil
	}
	out := q.b[:n]
	q.b = q.b[n:]
	return out
}

func (q *request) byte() byte {
	if b := q.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (q *request) uint32() uint32 {
	if b := q.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (q *request) uint64() uint64 {
	if b := q.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// bytes are valid until the next packet is read.
func (q *request) bytes() []byte {
	n := q.uint32()
	if n > maxPacket {
		q.err = errShort
		return nil
	}
	return q.take(int(n))
}

func (q *request) text() string { return string(q.bytes()) }

// answer is a packet that is being made.
type answer struct{ b []byte }

// begin makes a packet of a type that answers a request.
func (a *answer) begin(kind byte, id uint32) {
	a.b = append(a.b[:0], 0, 0, 0, 0, kind)
	a.uint32(id)
}

func (a *answer) uint32(n uint32) { a.b = binary.BigEndian.AppendUint32(a.b, n) }
func (a *answer) uint64(n uint64) { a.b = binary.BigEndian.AppendUint64(a.b, n) }

func (a *answer) text(s string) {
	a.uint32(uint32(len(s)))
	a.b = append(a.b, s...)
}

// packet is the packet with its length.
func (a *answer) packet() []byte {
	binary.BigEndian.PutUint32(a.b, uint32(len(a.b)-4))
	return a.b
}
