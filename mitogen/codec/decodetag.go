package codec

import (
	"math"
	"math/big"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

func unsigned(n uint64) value.Value {
	if n > math.MaxInt64 {
		return new(big.Int).SetUint64(n)
	}
	return int64(n)
}

// negative gives -1-n.
func negative(n uint64) value.Value {
	if n > math.MaxInt64 {
		i := new(big.Int).SetUint64(n)
		return i.Not(i)
	}
	return ^int64(n)
}

// tagged reads what a tag stands before.
func (d *Decoder) tagged(tag uint64) (value.Value, error) {
	switch tag {
	case tagBigPositive, tagBigNegative:
		return d.bigInt(tag == tagBigNegative)
	case tagRawText:
		return d.rawText()
	case tagBlob:
		s, err := d.bytes()
		return value.Blob(s), err
	case tagSecret:
		return d.secret()
	case tagTuple:
		items, err := d.taggedSequence()
		return value.Tuple(items), err
	case tagSet:
		return d.set()
	case tagStruct:
		return d.record()
	case tagTime:
		return d.time()
	case tagDuration:
		i, err := d.int()
		return time.Duration(i), err
	case tagContext:
		return d.resolved(d.context())
	case tagSender:
		return d.resolved(d.sender())
	case tagFunc:
		return d.resolved(d.function())
	case tagError:
		return d.error()
	}
	return nil, d.bad("unknown tag %d", tag)
}

// resolved hands a reference to Limits.Resolve.
func (d *Decoder) resolved(v value.Value, err error) (value.Value, error) {
	if err != nil || d.limits.Resolve == nil {
		return v, err
	}
	return d.limits.Resolve(v)
}

func (d *Decoder) bytes() (string, error) {
	n, err := d.want(majorBytes, "a byte string")
	if err != nil {
		return "", err
	}
	return d.run(n)
}

func (d *Decoder) rawText() (value.Value, error) {
	s, err := d.bytes()
	return s, err
}

// text reads text of either form, where nothing else may stand.
func (d *Decoder) text() (string, error) {
	first, n, err := d.head()
	switch {
	case err != nil:
		return "", err
	case first&0xe0 == majorText:
		return d.textRun(n)
	case first&0xe0 == majorTag && n == tagRawText:
		return d.bytes()
	}
	return "", d.bad("text was expected")
}

// int reads an integer that fits an int64, where nothing else may stand.
func (d *Decoder) int() (int64, error) {
	first, n, err := d.head()
	switch {
	case err != nil:
		return 0, err
	case n > math.MaxInt64:
	case first&0xe0 == majorUint:
		return int64(n), nil
	case first&0xe0 == majorNegint:
		return ^int64(n), nil
	}
	return 0, d.bad("an integer of 64 bits was expected")
}

func (d *Decoder) bigInt(negative bool) (value.Value, error) {
	s, err := d.bytes()
	if err != nil {
		return nil, err
	}
	i := new(big.Int).SetBytes([]byte(s))
	if negative {
		i.Not(i)
	}
	return value.Int(i), nil
}

func (d *Decoder) secret() (value.Value, error) {
	first, n, err := d.head()
	if err != nil {
		return nil, err
	}
	var hidden value.Value
	switch {
	case first&0xe0 == majorText:
		hidden, err = d.textRun(n)
	case first&0xe0 == majorTag && n == tagRawText:
		hidden, err = d.rawText()
	case first&0xe0 == majorBytes:
		var s string
		s, err = d.run(n)
		hidden = value.Bytes(s)
	default:
		err = d.bad("text or bytes were expected")
	}
	if err != nil {
		return nil, err
	}
	return value.NewSecret(hidden)
}

// Text reads text; anything else is a ValueError.
func (d *Decoder) Text() (string, error) {
	d.owed()
	return d.text()
}

// Bytes reads a byte string; anything else is a ValueError.
func (d *Decoder) Bytes() (value.Bytes, error) {
	d.owed()
	s, err := d.bytes()
	return value.Bytes(s), err
}

// Int reads an integer that fits an int64; anything else is a ValueError.
func (d *Decoder) Int() (int64, error) {
	d.owed()
	return d.int()
}

// idPart reads one item of an array of ours that is an unsigned integer of 32 bits.
func (d *Decoder) idPart() (uint32, error) {
	i, err := d.Int()
	if err == nil && (i < 0 || i > math.MaxUint32) {
		err = d.bad("an integer of 32 bits was expected")
	}
	return uint32(i), err
}

func (d *Decoder) time() (value.Value, error) {
	if err := d.fixed(4); err != nil {
		return nil, err
	}
	sec, err := d.Int()
	if err != nil {
		return nil, err
	}
	nsec, err := d.Int()
	if err != nil {
		return nil, err
	}
	zone, err := d.Text()
	if err != nil {
		return nil, err
	}
	offset, err := d.Int()
	if err != nil {
		return nil, err
	}
	if nsec < 0 || nsec >= 1e9 || offset < math.MinInt32 || offset > math.MaxInt32 {
		return nil, d.bad("a time out of range")
	}
	t := time.Unix(sec, nsec)
	if zone == "UTC" && offset == 0 {
		return t.UTC(), nil
	}
	return t.In(time.FixedZone(zone, int(offset))), nil
}
