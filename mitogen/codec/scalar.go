package codec

import (
	"encoding/binary"
	"math/big"
	"time"
	"unicode/utf8"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// head appends the first bytes of an item: its major type and its argument n in
// the shortest form.
func (e *Encoder) head(major byte, n uint64) {
	switch {
	case n < 24:
		e.Buf = append(e.Buf, major|byte(n))
	case n < 1<<8:
		e.Buf = append(e.Buf, major|24, byte(n))
	case n < 1<<16:
		e.Buf = append(e.Buf, major|25, byte(n>>8), byte(n))
	case n < 1<<32:
		e.Buf = binary.BigEndian.AppendUint32(append(e.Buf, major|26), uint32(n))
	default:
		e.Buf = binary.BigEndian.AppendUint64(append(e.Buf, major|27), n)
	}
}

func (e *Encoder) tag(n uint64) { e.head(majorTag, n) }

func (e *Encoder) bool(b bool) {
	if b {
		e.Buf = append(e.Buf, simpleTrue)
	} else {
		e.Buf = append(e.Buf, simpleFalse)
	}
}

// Int appends an integer.
func (e *Encoder) Int(i int64) {
	if i < 0 {
		e.head(majorNegint, uint64(^i))
	} else {
		e.head(majorUint, uint64(i))
	}
}

// Bytes appends a byte string.
func (e *Encoder) Bytes(s value.Bytes) {
	e.head(majorBytes, uint64(len(s)))
	e.Buf = append(e.Buf, s...)
}

// Text appends text, whatever its bytes.
func (e *Encoder) Text(s string) {
	if !utf8.ValidString(s) {
		e.tag(tagRawText)
		e.Bytes(value.Bytes(s))
		return
	}
	e.head(majorText, uint64(len(s)))
	e.Buf = append(e.Buf, s...)
}

func (e *Encoder) bigInt(i *big.Int) {
	switch {
	case i.IsInt64():
		e.Int(i.Int64())
	case i.Sign() < 0:
		e.tag(tagBigNegative)
		e.Bytes(value.Bytes(new(big.Int).Not(i).Bytes()))
	default:
		e.tag(tagBigPositive)
		e.Bytes(value.Bytes(i.Bytes()))
	}
}

func (e *Encoder) secret(s value.Secret) {
	e.tag(tagSecret)
	switch v := s.Reveal().(type) {
	case value.Bytes:
		e.Bytes(v)
	case string:
		e.Text(v)
	}
}

// time keeps the moment to the nanosecond and the zone's name and offset, but
// not its rules: the other side may not have them.
func (e *Encoder) time(t time.Time) {
	zone, offset := t.Zone()
	e.tag(tagTime)
	e.Array(4)
	e.Int(t.Unix())
	e.Int(int64(t.Nanosecond()))
	e.Text(zone)
	e.Int(int64(offset))
}
