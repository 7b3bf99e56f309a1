package lua

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// held is a table that a function with Here hands on: itself, not a copy.
type held struct {
	in *Interp
	t  *glua.LTable
}

// TypeName is the table's, as mitogen.type tells it.
func (h held) TypeName() string {
	if v, err := h.Value(); err == nil {
		return value.TypeName(v)
	}
	return h.t.Type().String()
}

// Value is a copy, for who is not of this language.
func (h held) Value() (value.Value, error) { return h.in.fromLua(h.t, "value") }

// argument converts an argument, which stands at place.
func (in *Interp) argument(here bool, v glua.LValue, place string) (value.Value, error) {
	if t, ok := v.(*glua.LTable); ok && here {
		return held{in, t}, nil
	}
	return in.fromLua(v, place)
}
