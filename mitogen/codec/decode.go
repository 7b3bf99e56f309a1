package codec

import (
	"math"
	"unicode/utf8"
	"unsafe"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Limits bound what a Decoder accepts. The zero Limits are for plain values.
type Limits struct {
	// Depth is how deep containers may be nested; 0 means 1000.
	Depth int
	// Items is the number of items of one value, keys included; 0 means 16 Mi.
	Items int
	// Funcs accepts functions; without it one is a SecurityError.
	Funcs bool
	// Resolve replaces each ContextRef, SenderRef and *Func where it stands; nil
	// leaves them as they are.
	Resolve func(v value.Value) (value.Value, error)
}

// Decoder reads values one after another. Text and bytes of the values that it
// returns share memory with the data, which must not change any more.
type Decoder struct {
	data     []byte
	pos      int
	limits   Limits
	depth    int
	items    int
	promised int // items that arrays and maps begun still owe: each needs a byte
}

// NewDecoder returns a Decoder of data, which now belongs to it and to the
// values that it returns.
func NewDecoder(data []byte, lim Limits) *Decoder {
	if lim.Depth == 0 {
		lim.Depth = maxDepth
	}
	if lim.Items == 0 {
		lim.Items = maxItems
	}
	return &Decoder{data: data, limits: lim}
}

// Decode returns the one value that is the whole of data, whose memory it shares.
// Malformed data is a ValueError.
func Decode(data []byte, lim Limits) (value.Value, error) {
	d := NewDecoder(data, lim)
	v, err := d.Value()
	if err != nil {
		return nil, err
	}
	return v, d.Done()
}

// Array reads the head of an array, whose n items the caller reads. It does not
// count as nesting.
func (d *Decoder) Array() (n int, err error) {
	d.owed()
	return d.array()
}

// Value reads a value. Malformed data is a ValueError, a function where Limits
// accept none a SecurityError.
func (d *Decoder) Value() (value.Value, error) {
	d.items = 0
	return d.value()
}

// Done reports bytes left over as a ValueError.
func (d *Decoder) Done() error {
	if d.pos < len(d.data) {
		return d.bad("%d bytes follow the value", len(d.data)-d.pos)
	}
	return nil
}

func (d *Decoder) bad(format string, args ...any) error {
	e := value.Errorf(value.KindValue, format, args...)
	return value.Errorf(value.KindValue, "cannot decode value: byte %d: %s", d.pos, e.Message)
}

// item counts an item against the limits.
func (d *Decoder) item() error {
	d.items++
	if d.items > d.limits.Items {
		return d.bad("more than %d items", d.limits.Items)
	}
	d.owed()
	return nil
}

// owed takes the item that is to be read now off what containers still owe.
func (d *Decoder) owed() {
	if d.promised > 0 {
		d.promised--
	}
}

// head reads the first bytes of an item. The argument of a float is its bits.
func (d *Decoder) head() (first byte, n uint64, err error) {
	if d.pos >= len(d.data) {
		return 0, 0, d.bad("the data ends too early")
	}
	first = d.data[d.pos]
	d.pos++
	low := first & 31
	if low < 24 {
		return first, uint64(low), nil
	}
	if low > 27 {
		return 0, 0, d.bad("indefinite lengths and reserved forms are not supported")
	}
	size := 1 << (low - 24)
	if len(d.data)-d.pos < size {
		return 0, 0, d.bad("the data ends too early")
	}
	for _, b := range d.data[d.pos : d.pos+size] {
		n = n<<8 | uint64(b)
	}
	d.pos += size
	return first, n, nil
}

// want reads a head of one major type, called what in the error.
func (d *Decoder) want(major byte, what string) (uint64, error) {
	first, n, err := d.head()
	if err == nil && first&0xe0 != major {
		err = d.bad("%s was expected", what)
	}
	return n, err
}

// promise reserves the items of a container. As each needs a byte, containers in
// containers cannot make us allocate more than the data is worth.
func (d *Decoder) promise(n uint64, each uint64) (int, error) {
	room := len(d.data) - d.pos - d.promised
	if room < 0 || n > uint64(room)/each {
		return 0, d.bad("the data ends before its %d items", n)
	}
	d.promised += int(n * each)
	return int(n), nil
}

func (d *Decoder) array() (int, error) {
	n, err := d.want(majorArray, "an array")
	if err != nil {
		return 0, err
	}
	return d.promise(n, 1)
}

// fixed reads the head of an array that must have n items.
func (d *Decoder) fixed(n int) error {
	got, err := d.array()
	if err == nil && got != n {
		err = d.bad("an array of %d items was expected, not of %d", n, got)
	}
	return err
}

// run returns the next n bytes, without a copy.
func (d *Decoder) run(n uint64) (string, error) {
	if n > uint64(len(d.data)-d.pos) {
		return "", d.bad("the data ends before its %d bytes", n)
	}
	if n == 0 {
		return "", nil
	}
	s := unsafe.String(&d.data[d.pos], int(n))
	d.pos += int(n)
	return s, nil
}

func (d *Decoder) textRun(n uint64) (string, error) {
	s, err := d.run(n)
	if err == nil && !utf8.ValidString(s) {
		err = d.bad("the text before it is not valid UTF-8")
	}
	return s, err
}

func (d *Decoder) value() (value.Value, error) {
	if err := d.item(); err != nil {
		return nil, err
	}
	first, n, err := d.head()
	if err != nil {
		return nil, err
	}
	switch first & 0xe0 {
	case majorUint:
		return unsigned(n), nil
	case majorNegint:
		return negative(n), nil
	case majorBytes:
		s, err := d.run(n)
		return value.Bytes(s), err
	case majorText:
		s, err := d.textRun(n)
		return s, err
	case majorArray:
		items, err := d.sequence(n)
		return value.List(items), err
	case majorMap:
		return d.dict(n)
	case majorTag:
		return d.tagged(n)
	}
	return d.simple(first, n)
}

func (d *Decoder) simple(first byte, n uint64) (value.Value, error) {
	switch first {
	case simpleNull:
		return nil, nil
	case simpleFalse:
		return false, nil
	case simpleTrue:
		return true, nil
	case simpleFloat64:
		return math.Float64frombits(n), nil
	case simpleFloat32:
		return float64(math.Float32frombits(uint32(n))), nil
	case simpleFloat16:
		return half(uint16(n)), nil
	}
	return nil, d.bad("unknown simple value %d", n)
}

// half converts a 16-bit float.
func half(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 31:
		f = math.Inf(1)
		if fraction != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(fraction+1024, exponent-25)
	}
	if bits>>15 != 0 {
		return -f
	}
	return f
}

// enter opens a container. Every call that succeeds needs a leave.
func (d *Decoder) enter() error {
	if d.depth >= d.limits.Depth {
		return d.bad("values nested more than %d deep", d.limits.Depth)
	}
	d.depth++
	return nil
}

func (d *Decoder) leave() { d.depth-- }

// sequence reads n items. None at all is a nil slice, which costs no memory.
func (d *Decoder) sequence(n uint64) ([]value.Value, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	defer d.leave()
	count, err := d.promise(n, 1)
	if err != nil || count == 0 {
		return nil, err
	}
	items := make([]value.Value, count)
	for i := range items {
		if items[i], err = d.value(); err != nil {
			return nil, err
		}
	}
	return items, nil
}
