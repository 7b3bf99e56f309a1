package starlark

import (
	"fmt"

	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// attempt is attempt(fn, *args, **kwargs): it calls fn and holds its error, but
// not the end of the call that it runs in.
func (in *Interp) attempt(t *star.Thread, _ *star.Builtin, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("attempt: missing argument fn")
	}
	fn, ok := args[0].(star.Callable)
	if !ok {
		return nil, fmt.Errorf("attempt: argument fn: want function, got %s", args[0].Type())
	}
	th := in.current
	v, err := star.Call(t, fn, args[1:], kwargs)
	in.current = th
	if err == nil && th.raised == nil {
		return &outcome{in: in, value: v}, nil
	}
	caught := th.toError(err)
	if th.over() != nil {
		return nil, &reraised{caught}
	}
	return &outcome{in: in, value: star.None, err: caught}, nil
}

// outcomeName is what an outcome is called as a record.
const outcomeName = "result"

// outcome is what attempt returns.
type outcome struct {
	in    *Interp
	value star.Value
	err   *value.Error
	// asRecord is the form in which it travels, made once: it has an identity.
	asRecord *structValue
}

func (o *outcome) Type() string          { return outcomeName }
func (o *outcome) Freeze()               { o.value.Freeze() }
func (o *outcome) Truth() star.Bool      { return true }
func (o *outcome) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: %s", outcomeName) }
func (o *outcome) AttrNames() []string {
	return []string{"error", "ok", "or_else", "unwrap", "value"}
}

func (o *outcome) String() string {
	if o.err != nil {
		return fmt.Sprintf("result(ok = False, error = %s)", o.errorValue())
	}
	return fmt.Sprintf("result(ok = True, value = %s)", o.value)
}

func (o *outcome) errorValue() star.Value {
	if o.err == nil {
		return star.None
	}
	return &errorValue{o.in, o.err}
}

func (o *outcome) Attr(name string) (star.Value, error) {
	switch name {
	case "ok":
		return star.Bool(o.err == nil), nil
	case "value":
		return o.value, nil
	case "error":
		return o.errorValue(), nil
	case "unwrap":
		return star.NewBuiltin(name, o.unwrap).BindReceiver(o), nil
	case "or_else":
		return star.NewBuiltin(name, o.orElse).BindReceiver(o), nil
	}
	return nil, nil
}

func (o *outcome) unwrap(_ *star.Thread, b *star.Builtin, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
	if err := star.UnpackArgs(b.Name(), args, kwargs); err != nil {
		return nil, err
	}
	if o.err != nil {
		return nil, &reraised{o.err}
	}
	return o.value, nil
}

func (o *outcome) orElse(_ *star.Thread, b *star.Builtin, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
	var other star.Value
	if err := star.UnpackArgs(b.Name(), args, kwargs, "default", &other); err != nil {
		return nil, err
	}
	if o.err != nil {
		return other, nil
	}
	return o.value, nil
}

// record gives the outcome the form in which it travels.
func (o *outcome) record() *structValue {
	if o.asRecord == nil {
		o.asRecord = &structValue{
			name: outcomeName, names: []string{"ok", "value", "error"},
			values: []star.Value{star.Bool(o.err == nil), o.value, o.errorValue()},
		}
	}
	return o.asRecord
}

// asOutcome gives a record that was an outcome its methods back.
func (in *Interp) asOutcome(s *structValue) star.Value {
	if s.name != outcomeName || len(s.names) != 3 || s.names[0] != "ok" || s.names[1] != "value" || s.names[2] != "error" {
		return s
	}
	o := &outcome{in: in, value: s.values[1]}
	switch e := s.values[2].(type) {
	case *errorValue:
		o.err = e.err
	case star.NoneType:
	default:
		return s
	}
	return o
}
