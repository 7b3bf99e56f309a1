package starlark

import (
	"fmt"
	"slices"

	star "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// errorValue is an error in a script's hands.
type errorValue struct {
	in  *Interp
	err *value.Error
}

func (e *errorValue) String() string        { return string(e.err.Kind) + ": " + e.err.Error() }
func (e *errorValue) Type() string          { return "error" }
func (e *errorValue) Freeze()               {}
func (e *errorValue) Truth() star.Bool      { return true }
func (e *errorValue) Hash() (uint32, error) { return star.String(e.String()).Hash() }

func (e *errorValue) AttrNames() []string {
	names := []string{"cause", "cause_kind", "context", "is_a", "kind", "message", "traceback"}
	for _, f := range e.err.Attrs {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (e *errorValue) Attr(name string) (star.Value, error) {
	switch name {
	case "kind":
		return star.String(e.err.Kind), nil
	case "message":
		return star.String(e.err.Error()), nil
	case "context":
		if e.err.Context == "" {
			return star.None, nil
		}
		return star.String(e.err.Context), nil
	case "traceback":
		frames := make([]star.Value, len(e.err.Traceback))
		for i, f := range e.err.Traceback {
			frames[i] = star.String(f.String())
		}
		return star.NewList(frames), nil
	case "is_a":
		return star.NewBuiltin(name, e.isA).BindReceiver(e), nil
	case "cause":
		if e.err.Cause == nil {
			return star.None, nil
		}
		return &errorValue{e.in, e.err.Cause}, nil
	case "cause_kind":
		if e.err.Cause == nil {
			return star.None, nil
		}
		return star.String(e.err.Cause.Kind), nil
	}
	for _, f := range e.err.Attrs {
		if f.Name == name {
			return e.in.toStarlark(f.Value)
		}
	}
	return nil, nil
}

func (e *errorValue) isA(_ *star.Thread, b *star.Builtin, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
	var kind string
	if err := star.UnpackArgs(b.Name(), args, kwargs, "kind", &kind); err != nil {
		return nil, err
	}
	return star.Bool(e.err.IsA(value.Kind(kind))), nil
}

// CompareSameType holds errors equal that are the same error.
func (e *errorValue) CompareSameType(op syntax.Token, y star.Value, _ int) (bool, error) {
	same := e.err == y.(*errorValue).err
	switch op {
	case syntax.EQL:
		return same, nil
	case syntax.NEQ:
		return !same, nil
	}
	return false, fmt.Errorf("error values have no order")
}
