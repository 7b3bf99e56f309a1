package starlark

import (
	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// held is a container that a function with Here hands on: itself, not a copy.
type held struct {
	in *Interp
	v  star.Value
}

// TypeName is the container's.
func (h held) TypeName() string { return h.v.Type() }

// Value is a copy, for who is not of this language.
func (h held) Value() (value.Value, error) { return h.in.fromStarlark(h.v, "value") }

// hold converts an argument of a function with Here. What is frozen is copied, as
// arguments arrive mutable.
func (in *Interp) hold(v star.Value) (value.Value, *misplaced) {
	switch c := v.(type) {
	case *star.List, *star.Dict, *star.Set:
		if !isFrozen(c) {
			return held{in, v}, nil
		}
	case star.Tuple:
		return held{in, v}, nil
	}
	return in.convert(v)
}

// argument converts an argument of f.
func (in *Interp) argument(f *interp.Func, v star.Value) (value.Value, *misplaced) {
	if f.Here {
		return in.hold(v)
	}
	return in.convert(v)
}
