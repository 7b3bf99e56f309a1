package proc

import (
	"context"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// putter is a Sender or whatever else takes values: it may wait, and needs no
// script lock.
type putter interface {
	Put(ctx context.Context, v value.Value) error
}

// lineSink returns what on_line names: a function, or a Sender that gets the
// arguments as a tuple; nil for None.
func (h *Host) lineSink(a *interp.Args) (func(ctx context.Context, args ...value.Value) error, error) {
	put := func(send func(ctx context.Context, v value.Value) error) func(context.Context, ...value.Value) error {
		return func(ctx context.Context, args ...value.Value) (err error) {
			a.Unlocked(func() { err = send(ctx, value.Tuple(args)) })
			return err
		}
	}
	switch v := a.Value("on_line").(type) {
	case nil:
		return nil, nil
	case interp.Callable:
		return func(ctx context.Context, args ...value.Value) error {
			_, err := v.Call(ctx, args, nil)
			return err
		}, nil
	case putter:
		return put(v.Put), nil
	case value.SenderRef:
		if h.Send == nil {
			return nil, a.Errorf("argument on_line: this context cannot send")
		}
		return put(func(ctx context.Context, msg value.Value) error { return h.Send(ctx, v, msg) }), nil
	}
	return nil, a.Errorf("argument on_line: want a function or a Sender, got %s", value.TypeName(a.Value("on_line")))
}
