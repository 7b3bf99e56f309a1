package starlark

import (
	"errors"
	"fmt"

	star "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// blobValue is bytes that are shown as their length only.
type blobValue value.Blob

func (b blobValue) String() string        { return value.Blob(b).String() }
func (b blobValue) Type() string          { return "Blob" }
func (b blobValue) Freeze()               {}
func (b blobValue) Truth() star.Bool      { return b != "" }
func (b blobValue) Hash() (uint32, error) { return star.String(b).Hash() }
func (b blobValue) Len() int              { return len(b) }
func (b blobValue) Index(i int) star.Value {
	return star.MakeInt(int(b[i]))
}
func (b blobValue) AttrNames() []string { return []string{"bytes"} }

func (b blobValue) Attr(name string) (star.Value, error) {
	if name == "bytes" {
		return star.Bytes(b), nil
	}
	return nil, nil
}

// secretValue is text or bytes that are shown nowhere.
type secretValue struct{ value.Secret }

func (s secretValue) Type() string          { return "Secret" }
func (s secretValue) Freeze()               {}
func (s secretValue) Truth() star.Bool      { return s.Text() != "" }
func (s secretValue) Hash() (uint32, error) { return 0, errors.New("unhashable: Secret") }
func (s secretValue) Len() int              { return len(s.Text()) }
func (s secretValue) AttrNames() []string   { return []string{"reveal"} }

// Iterate gives nothing: Len needs a Sequence, and a Secret shows no part of itself.
func (s secretValue) Iterate() star.Iterator { return star.Tuple(nil).Iterate() }

func (s secretValue) Attr(name string) (star.Value, error) {
	if name != "reveal" {
		return nil, nil
	}
	return star.NewBuiltin(name, func(_ *star.Thread, b *star.Builtin, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
		if err := star.UnpackPositionalArgs(b.Name(), args, kwargs, 0); err != nil {
			return nil, err
		}
		if text, ok := s.Reveal().(string); ok {
			return star.String(text), nil
		}
		return star.Bytes(s.Text()), nil
	}).BindReceiver(s), nil
}

// CompareSameType compares what is hidden, for equality only.
func (s secretValue) CompareSameType(op syntax.Token, y star.Value, _ int) (bool, error) {
	same := s.Reveal() == y.(secretValue).Reveal()
	switch op {
	case syntax.EQL:
		return same, nil
	case syntax.NEQ:
		return !same, nil
	}
	return false, fmt.Errorf("%s values have no order", s.Type())
}

// referenceValue is a ContextRef or SenderRef in a process without a router.
type referenceValue struct{ ref value.Value }

func (r referenceValue) String() string        { return fmt.Sprintf("<%s %v>", r.Type(), r.ref) }
func (r referenceValue) Type() string          { return value.TypeName(r.ref) }
func (r referenceValue) Freeze()               {}
func (r referenceValue) Truth() star.Bool      { return true }
func (r referenceValue) Hash() (uint32, error) { return star.String(fmt.Sprint(r.ref)).Hash() }
