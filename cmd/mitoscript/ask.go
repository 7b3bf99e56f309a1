//go:build !child

package main

import (
	"context"
	"errors"

	"github.com/mitoscript/mitoscript/stdlib/prompt"
)

// askPassword gives what asks a person for passwords, one at a time, on the
// terminal; nil if there is none.
func askPassword() func(ctx context.Context, question string) (string, error) {
	tty, err := prompt.Open()
	if err != nil {
		return nil
	}
	_ = tty.Close()
	turn := make(chan struct{}, 1)
	return func(ctx context.Context, question string) (string, error) {
		select {
		case turn <- struct{}{}:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
		defer func() { <-turn }()
		tty, err := prompt.Open()
		if err != nil {
			return "", err
		}
		answer, err := tty.Ask(ctx, question, true)
		return answer, errors.Join(err, tty.Close())
	}
}
