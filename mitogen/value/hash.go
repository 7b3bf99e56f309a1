package value

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"
)

// Hashable reports whether v may be a key, as a ValueError if not.
func Hashable(v Value) error { _, err := hashKey(v); return err }

// Keyed is a live thing that may be a key: things with equal keys, which are
// comparable, are equal.
type Keyed interface{ Key() any }

// compoundKey stands for a key that is no comparable Go value itself.
type compoundKey string

// hashKey maps a key to a comparable Go value; equal keys (1 and 1.0 too) to one.
func hashKey(v Value) (any, error) {
	switch v := v.(type) {
	case nil, bool, int64, string, Bytes, Blob, time.Duration:
		return v, nil
	case SenderRef:
		return SenderRef{Context: v.Context, Handle: v.Handle}, nil
	case ContextRef:
		return ContextRef{ID: v.ID}, nil
	case float64:
		return floatKey(v), nil
	case *big.Int:
		return intKey(v), nil
	case Keyed:
		return v.Key(), nil
	}
	b, err := appendKey(nil, v)
	return compoundKey(b), err
}

// intKey writes big integers in hexadecimal, as decimal takes more than linear time.
func intKey(i *big.Int) any {
	if i.IsInt64() {
		return i.Int64()
	}
	return compoundKey("I" + i.Text(16) + ";")
}

func floatKey(f float64) any {
	switch {
	case math.IsNaN(f):
		return compoundKey("nan;")
	case f != math.Trunc(f) || math.IsInf(f, 0):
		return f
	case math.Abs(f) < 1<<63:
		return int64(f)
	}
	i, _ := big.NewFloat(f).Int(nil)
	return intKey(i)
}

// appendKey appends a text that is the same for equal keys and for no others. Each
// part says where it ends, so that parts can follow each other.
func appendKey(b []byte, v Value) ([]byte, error) {
	switch v := v.(type) {
	case Tuple:
		b = appendHead(b, '(', len(v))
		for _, it := range v {
			var err error
			if b, err = appendKey(b, it); err != nil {
				return nil, err
			}
		}
		return b, nil
	case *Struct:
		b = appendHead(b, '{', len(v.Fields))
		for _, f := range v.Fields {
			var err error
			if b, err = appendKey(appendText(b, 's', f.Name), f.Value); err != nil {
				return nil, err
			}
		}
		return b, nil
	case Secret:
		return appendKey(append(b, 'x'), v.Reveal())
	case float64:
		return appendScalar(b, floatKey(v))
	case *big.Int:
		return appendScalar(b, intKey(v))
	}
	return appendScalar(b, v)
}

func appendScalar(b []byte, v Value) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, 'n'), nil
	case bool:
		return append(strconv.AppendBool(append(b, 'b'), v), ';'), nil
	case int64:
		return appendHead(b, 'i', v), nil
	case float64:
		return append(strconv.AppendFloat(append(b, 'f'), v, 'g', -1, 64), ';'), nil
	case string:
		return appendText(b, 's', v), nil
	case Bytes:
		return appendText(b, 'y', string(v)), nil
	case Blob:
		return appendText(b, 'l', string(v)), nil
	case time.Duration:
		return appendHead(b, 'd', v), nil
	case time.Time:
		return appendHead(appendHead(b, 't', v.Unix()), '.', v.Nanosecond()), nil
	case ContextRef:
		return appendHead(b, 'c', v.ID), nil
	case SenderRef:
		return appendHead(appendHead(b, 'h', v.Context), '.', v.Handle), nil
	case compoundKey:
		return append(b, v...), nil
	case Keyed: // in a struct, pointers are shown as addresses
		return appendText(b, 'k', fmt.Sprintf("%T%v", v.Key(), struct{ key any }{v.Key()})), nil
	}
	return nil, Errorf(KindValue, "unhashable type: %s", TypeName(v))
}

// appendHead appends a letter and a number.
func appendHead[N int | int64 | uint32 | time.Duration](b []byte, letter byte, n N) []byte {
	return append(strconv.AppendInt(append(b, letter), int64(n), 10), ';')
}

func appendText(b []byte, letter byte, s string) []byte {
	return append(appendHead(b, letter, len(s)), s...)
}
