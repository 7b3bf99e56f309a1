package codec

import (
	"encoding/binary"
	"math"
	"math/big"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Encoder appends values to Buf. The zero Encoder is ready for use. After an
// error Buf ends somewhere inside the value and Funcs may have grown.
type Encoder struct {
	Buf []byte
	// Funcs are the functions met, in order: their Chunks travel ahead.
	Funcs []*value.Func
	// Contexts are the ids of the contexts met.
	Contexts []uint32
	// NoFuncs refuses functions: they travel towards children only.
	NoFuncs bool
	// Max is the length of Buf above which encoding ends with a ChannelError; 0
	// means none.
	Max int
	// FirstIndex is the index that errors give the first item of a sequence.
	FirstIndex int

	items int
	open  []unsafe.Pointer // the containers around the current item
}

// smallValue is the room that an Encoder begins with, in bytes.
const smallValue = 96

// Encode returns the encoding of v. What cannot travel is an Error that names
// its place inside v.
func Encode(v value.Value) ([]byte, error) {
	var e Encoder
	err := e.Value("", v)
	return e.Buf, err
}

// Array appends the head of an array of n items; the caller appends the items.
func (e *Encoder) Array(n int) { e.head(majorArray, uint64(n)) }

// Value appends v. What cannot travel is an Error that names its place, starting
// with root: `args[0]["x"]: cannot send a file`.
func (e *Encoder) Value(root string, v value.Value) error {
	if e.Buf == nil { // most values are small: one piece of memory instead of six
		e.Buf = make([]byte, 0, smallValue)
	}
	e.open, e.items = e.open[:0], 0
	err := e.value(v)
	if e.full() {
		return e.fullError()
	}
	if err != nil {
		return placed(root, err)
	}
	return nil
}

// bulkSize is from when on Bulk leaves data where it stands, in bytes.
const bulkSize = 16 << 10

// Bulk is Value for bytes, or valid text, of some size: they are not copied to Buf but
// returned, to be sent behind it. For all else it returns "" and does nothing.
func (e *Encoder) Bulk(v value.Value) (tail string, err error) {
	major := byte(majorBytes)
	switch v := v.(type) {
	case value.Bytes:
		tail = string(v)
	case string:
		tail, major = v, majorText
	}
	if len(tail) < bulkSize || major == majorText && !utf8.ValidString(tail) {
		return "", nil
	}
	e.head(major, uint64(len(tail)))
	if e.Max > 0 && len(e.Buf)+len(tail) > e.Max {
		return "", e.tooLarge()
	}
	return tail, nil
}

// full reports whether a limit was passed.
func (e *Encoder) full() bool { return e.Max > 0 && len(e.Buf) > e.Max || e.items > maxItems }

func (e *Encoder) fullError() error {
	if e.Max > 0 && len(e.Buf) > e.Max {
		return e.tooLarge()
	}
	return value.Errorf(value.KindError, "cannot send more than %d items", maxItems)
}

func (e *Encoder) tooLarge() error {
	return value.Errorf(value.KindChannel, "message too large (max %d bytes)", e.Max)
}

func (e *Encoder) value(v value.Value) error {
	e.items++
	if e.full() {
		return e.fullError()
	}
	switch v := v.(type) {
	case nil:
		e.Buf = append(e.Buf, simpleNull)
	case bool:
		e.bool(v)
	case int64:
		e.Int(v)
	case float64:
		e.Buf = binary.BigEndian.AppendUint64(append(e.Buf, simpleFloat64), math.Float64bits(v))
	case string:
		e.Text(v)
	case value.Bytes:
		e.Bytes(v)
	case value.List:
		return e.sequence(v)
	case *value.Dict:
		return e.dict(v)
	case value.Tuple:
		e.tag(tagTuple)
		return e.sequence(v)
	default:
		return e.rarer(v)
	}
	return nil
}

// rarer encodes the types that are met less often.
func (e *Encoder) rarer(v value.Value) error {
	switch v := v.(type) {
	case *big.Int:
		e.bigInt(v)
	case value.Blob:
		e.tag(tagBlob)
		e.Bytes(value.Bytes(v))
	case value.Secret:
		e.secret(v)
	case time.Duration:
		e.tag(tagDuration)
		e.Int(int64(v))
	case time.Time:
		e.time(v)
	case *value.Set:
		e.tag(tagSet)
		return e.sequence(v.Items())
	case *value.Struct:
		return e.record(v)
	case value.ContextRef:
		return e.context(v)
	case value.SenderRef:
		return e.sender(v)
	case *value.Func:
		return e.function(v)
	case *value.Error:
		return e.error(v)
	case value.Porter:
		return e.port(v)
	default:
		return cannotSend(v)
	}
	return nil
}

func cannotSend(v value.Value) error {
	return value.Errorf(value.KindError, "cannot send a %s", value.TypeName(v))
}

// port encodes what a live thing travels as.
func (e *Encoder) port(p value.Porter) error {
	v, err := p.Port()
	if err != nil {
		return err
	}
	if _, again := v.(value.Porter); again {
		return cannotSend(v)
	}
	e.items--
	return e.value(v)
}

// enter opens a container, whose identity is p, or nil if it is empty. Every
// call that succeeds needs a leave.
func (e *Encoder) enter(p unsafe.Pointer) error {
	if len(e.open) >= maxDepth {
		return value.Errorf(value.KindError, "cannot send values nested more than %d deep", maxDepth)
	}
	if p != nil {
		for _, o := range e.open {
			if o == p {
				return value.Errorf(value.KindError, "cannot send a value that contains itself")
			}
		}
	}
	e.open = append(e.open, p)
	return nil
}

func (e *Encoder) leave() { e.open = e.open[:len(e.open)-1] }

func (e *Encoder) sequence(items []value.Value) error {
	if err := e.enter(identity(items)); err != nil {
		return err
	}
	e.head(majorArray, uint64(len(items)))
	for i, it := range items {
		if err := e.value(it); err != nil {
			return inside(err, index(i+e.FirstIndex))
		}
	}
	e.leave()
	return nil
}

// identity tells sequences apart: one that holds itself has the same memory.
func identity(items []value.Value) unsafe.Pointer {
	if len(items) == 0 {
		return nil
	}
	return unsafe.Pointer(unsafe.SliceData(items))
}

func (e *Encoder) dict(d *value.Dict) error {
	if err := e.enter(unsafe.Pointer(d)); err != nil {
		return err
	}
	e.head(majorMap, uint64(d.Len()))
	for i, it := range d.Items() {
		if err := e.key(it.Key); err != nil {
			return inside(err, keyNumber(i+e.FirstIndex))
		}
		if err := e.value(it.Value); err != nil {
			return inside(err, keyOf(it.Key))
		}
	}
	e.leave()
	return nil
}

// key encodes a key of a dict, which the other side will want to hash.
func (e *Encoder) key(k value.Value) error {
	if s, ok := k.(string); ok {
		e.items++
		e.Text(s)
		return nil
	}
	if p, ok := k.(value.Porter); ok {
		ported, err := p.Port()
		if err != nil {
			return err
		}
		k = ported
	}
	if err := value.Hashable(k); err != nil {
		return err
	}
	return e.value(k)
}

func (e *Encoder) record(s *value.Struct) error {
	if err := e.enter(unsafe.Pointer(s)); err != nil {
		return err
	}
	e.tag(tagStruct)
	e.Array(1 + 2*len(s.Fields))
	e.Text(s.Name)
	if err := e.fields(s.Fields); err != nil {
		return err
	}
	e.leave()
	return nil
}

func (e *Encoder) fields(fields []value.Field) error {
	for i := range fields {
		e.Text(fields[i].Name)
		if err := e.value(fields[i].Value); err != nil {
			return inside(err, attribute(fields[i].Name))
		}
	}
	return nil
}
