package interptest

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Show gives a text for a value that tells types apart, the same in every language.
func Show(v value.Value) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case *big.Int:
		return v.String() + "n"
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64) + "f"
	case string:
		return strconv.Quote(v)
	case value.Bytes:
		return "b" + strconv.Quote(string(v))
	case value.List:
		return "[" + showAll(v) + "]"
	case value.Tuple:
		return "(" + showAll(v) + ")"
	case *value.Set:
		return "set(" + showAll(v.Items()) + ")"
	case *value.Dict:
		items := make([]string, v.Len())
		for i, it := range v.Items() {
			items[i] = Show(it.Key) + ": " + Show(it.Value)
		}
		return "{" + strings.Join(items, ", ") + "}"
	case *value.Struct:
		fields := make([]string, len(v.Fields))
		for i, f := range v.Fields {
			fields[i] = f.Name + "=" + Show(f.Value)
		}
		return v.Name + "(" + strings.Join(fields, ", ") + ")"
	}
	return showOther(v)
}

func showOther(v value.Value) string {
	switch v := v.(type) {
	case value.Blob:
		return "blob" + strconv.Quote(string(v))
	case value.Secret:
		return "secret" + strconv.Quote(v.Text())
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case time.Duration:
		return v.String()
	case *value.Error:
		return "<" + string(v.Kind) + ": " + v.Error() + ">"
	case interp.Callable:
		return "function " + v.FuncName()
	case interp.Object:
		if s, ok := v.(interp.Shower); ok {
			return s.Show()
		}
		return "object " + v.TypeName()
	}
	return fmt.Sprintf("%T", v)
}

func showAll(items []value.Value) string {
	out := make([]string, len(items))
	for i, v := range items {
		out[i] = Show(v)
	}
	return strings.Join(out, ", ")
}
