package logging

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// show gives a value as a record shows it: text as it is, a Secret never.
func show(v value.Value) string {
	if s, ok := v.(string); ok {
		return s
	}
	var b strings.Builder
	showIn(&b, v, 0)
	return b.String()
}

// maxDepth is how deep a record looks into a value.
const maxDepth = 20

func showIn(b *strings.Builder, v value.Value, depth int) {
	if depth > maxDepth {
		b.WriteString("…")
		return
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case string:
		b.WriteString(strconv.Quote(v))
	case value.Bytes:
		b.WriteString("b" + strconv.Quote(string(v)))
	case value.List:
		showItems(b, "[", v, "]", depth)
	case value.Tuple:
		showItems(b, "(", v, ")", depth)
	case *value.Set:
		showItems(b, "{", v.Items(), "}", depth)
	case *value.Dict:
		b.WriteByte('{')
		for i, it := range v.Items() {
			comma(b, i)
			showIn(b, it.Key, depth+1)
			b.WriteString(": ")
			showIn(b, it.Value, depth+1)
		}
		b.WriteByte('}')
	case *value.Struct:
		b.WriteString(v.Name + "(")
		for i, f := range v.Fields {
			comma(b, i)
			b.WriteString(f.Name + "=")
			showIn(b, f.Value, depth+1)
		}
		b.WriteByte(')')
	case *value.Error:
		b.WriteString(string(v.Kind) + ": " + v.Message)
	case bool, int64, float64, fmt.Stringer, fmt.Formatter:
		fmt.Fprint(b, v)
	default:
		b.WriteString("<" + value.TypeName(v) + ">")
	}
}

func showItems(b *strings.Builder, open string, items []value.Value, end string, depth int) {
	b.WriteString(open)
	for i, it := range items {
		comma(b, i)
		showIn(b, it, depth+1)
	}
	b.WriteString(end)
}

func comma(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteString(", ")
	}
}
