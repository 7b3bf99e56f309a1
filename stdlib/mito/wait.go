package mito

import (
	"context"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
)

// waiting are the parameters of functions that wait for an item.
func waiting() []interp.Param {
	return []interp.Param{
		{Name: "timeout", Doc: "Seconds until a TimeoutError; None to wait without end."},
		{Name: "block", Doc: "False raises the TimeoutError at once if nothing is there.", Default: true},
	}
}

// waitFor runs get with the context that timeout asks for, or try without block.
func waitFor[T any](ctx context.Context, a *interp.Args, what string, get func(context.Context) (T, error), try func() (T, error)) (item T, err error) {
	block, err := a.Bool("block")
	if err != nil {
		return item, err
	}
	limit, limited, err := a.Timeout("timeout")
	if err != nil {
		return item, err
	}
	if !block {
		return try()
	}
	if limited {
		var cancel context.CancelFunc
		ctx, cancel = mitogen.Timeout(ctx, limit, what)
		defer cancel()
	}
	a.Unlocked(func() { item, err = get(ctx) })
	return item, err
}
