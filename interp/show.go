package interp

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Show gives a value as a person reads it at a prompt, in Starlark's notation.
func Show(v value.Value) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case float64:
		return showFloat(v)
	case string:
		return strconv.Quote(v)
	case value.Bytes:
		return "b" + strconv.Quote(string(v))
	case value.List:
		return "[" + showItems(v) + "]"
	case value.Tuple:
		if len(v) == 1 {
			return "(" + Show(v[0]) + ",)"
		}
		return "(" + showItems(v) + ")"
	case *value.Set:
		return "set([" + showItems(v.Items()) + "])"
	case *value.Dict:
		return showDict(v)
	case *value.Struct:
		return showStruct(v)
	case *value.Error:
		return string(v.Kind) + ": " + v.Message
	}
	return showLive(v)
}

func showLive(v value.Value) string {
	switch v := v.(type) {
	case Shower:
		return v.Show()
	case Callable:
		return "<function " + v.FuncName() + ">"
	case interface{ TypeName() string }:
		return "<" + v.TypeName() + ">"
	}
	return fmt.Sprint(v)
}

// showFloat keeps a whole float apart from an integer.
func showFloat(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if f == math.Trunc(f) && !strings.ContainsAny(s, "eEnI") {
		s += ".0"
	}
	return s
}

func showItems(items []value.Value) string {
	shown := make([]string, len(items))
	for i, it := range items {
		shown[i] = Show(it)
	}
	return strings.Join(shown, ", ")
}

func showDict(d *value.Dict) string {
	shown := make([]string, d.Len())
	for i, it := range d.Items() {
		shown[i] = Show(it.Key) + ": " + Show(it.Value)
	}
	return "{" + strings.Join(shown, ", ") + "}"
}

func showStruct(s *value.Struct) string {
	shown := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		shown[i] = f.Name + " = " + Show(f.Value)
	}
	name := s.Name
	if name == "" {
		name = "struct"
	}
	return name + "(" + strings.Join(shown, ", ") + ")"
}
