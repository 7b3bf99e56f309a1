package codec_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// show gives a text that is the same for the same values and for no others: types,
// order, the bits of floats and what Secrets hide.
func show(v value.Value) string {
	switch v := v.(type) {
	case float64:
		return fmt.Sprintf("float %016x", math.Float64bits(v))
	case string, value.Bytes:
		return fmt.Sprintf("%T %+q", v, v)
	case value.Blob:
		return fmt.Sprintf("blob %+q", string(v))
	case value.Secret:
		return "secret " + show(v.Reveal())
	case *big.Int:
		return "big " + v.String()
	case value.List:
		return "list[" + showAll(v) + "]"
	case value.Tuple:
		return "tuple[" + showAll(v) + "]"
	case *value.Set:
		return "set[" + showAll(v.Items()) + "]"
	case *value.Dict:
		var b strings.Builder
		for _, it := range v.Items() {
			b.WriteString(show(it.Key) + ": " + show(it.Value) + ", ")
		}
		return "dict{" + b.String() + "}"
	case *value.Struct:
		return "struct " + v.Name + showFields(v.Fields)
	case time.Time:
		zone, offset := v.Zone()
		return fmt.Sprintf("time %d.%09d %+q %d", v.Unix(), v.Nanosecond(), zone, offset)
	case *value.Func:
		return fmt.Sprintf("func %+q %+q %s %+q", v.Lang, v.Name, v.Root, v.Builtin)
	case *value.Error:
		if v == nil {
			return "none"
		}
		return fmt.Sprintf("error %+q %+q %+q %+q %+q", v.Kind, v.Also, v.Message, v.Context, v.Traceback) +
			showFields(v.Attrs) + " because " + show(v.Cause)
	}
	return fmt.Sprintf("%T %v", v, v)
}

func showAll(items []value.Value) string {
	var b strings.Builder
	for _, it := range items {
		b.WriteString(show(it) + ", ")
	}
	return b.String()
}

func showFields(fields []value.Field) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, " %+q=%s", f.Name, show(f.Value))
	}
	return "{" + b.String() + "}"
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func bigOf(s string) *big.Int {
	i, ok := new(big.Int).SetString(s, 0)
	if !ok {
		panic(s)
	}
	return i
}

func dictOf(pairs ...value.Value) *value.Dict {
	d := value.NewDict(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		d.Append(pairs[i], pairs[i+1])
	}
	return d
}

func setOf(items ...value.Value) *value.Set {
	s, err := value.NewSet(items...)
	if err != nil {
		panic(err)
	}
	return s
}

func secretOf(v value.Value) value.Secret {
	s, err := value.NewSecret(v)
	if err != nil {
		panic(err)
	}
	return s
}

// nested gives depth lists in each other.
func nested(depth int) value.Value {
	l := value.List{}
	for range depth - 1 {
		l = value.List{l}
	}
	return l
}
