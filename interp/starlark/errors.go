package starlark

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.starlark.net/resolve"
	star "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// reraised is an error that a script had caught and raises again: its traceback
// stays that of the first time.
type reraised struct{ err *value.Error }

func (r *reraised) Error() string { return r.err.Error() }
func (r *reraised) Unwrap() error { return r.err }

// cancelCause is the reason for the end of ctx.
func cancelCause(ctx context.Context) *value.Error { return value.AsError(context.Cause(ctx)) }

// toError makes an Error with the script's traceback of what a call on the thread
// returned. It takes the thread's pending error, if there is one.
func (th *thread) toError(err error) *value.Error {
	if th.raised != nil {
		err = joinRaised(err, th.raised)
		th.raised = nil
		if th.over() == nil {
			th.t.Uncancel()
		}
	}
	var again *reraised
	if errors.As(err, &again) {
		return again.err
	}
	frames, cause := unwind(err)
	if cause == nil {
		cause = th.over()
	}
	if cause == nil {
		return &value.Error{Kind: value.KindScript, Message: err.Error(), Traceback: frames}
	}
	return withTraceback(cause, frames)
}

// joinRaised keeps the place of err and the reason of raised.
func joinRaised(err, raised error) error {
	var eval *star.EvalError
	if errors.As(err, &eval) {
		return &placed{stack: eval.CallStack, error: raised}
	}
	return raised
}

// placed is an error with the stack of the moment when it was noticed.
type placed struct {
	error
	stack star.CallStack
}

func (p *placed) Unwrap() error { return p.error }

// unwind finds the innermost stack of err, and the Error at its bottom if it was
// not the language itself that failed.
func unwind(err error) ([]value.Frame, *value.Error) {
	var frames []value.Frame
	var cause *value.Error
	if errors.As(err, &cause) {
		cause = value.AsError(reworded(err, cause))
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		switch e := e.(type) {
		case *star.EvalError:
			frames = userFrames(e.CallStack)
		case *placed:
			frames = userFrames(e.stack)
		case *value.Error:
			return frames, cause
		}
	}
	return frames, cause
}

// reworded is cause, unless err says more than that (which file could not be loaded).
func reworded(err error, cause *value.Error) error {
	if err.Error() == cause.Error() {
		return cause
	}
	return err
}

// userFrames leaves out builtins.
func userFrames(stack star.CallStack) []value.Frame {
	frames := make([]value.Frame, 0, len(stack))
	for _, f := range stack {
		if f.Pos.Line > 0 {
			frames = append(frames, value.Frame{File: f.Pos.Filename(), Line: int(f.Pos.Line), Function: plainName(f.Name)})
		}
	}
	return frames
}

// withTraceback puts the thread's frames around those that the error has, unless
// it has them already because it passed through a callback of this thread.
func withTraceback(e *value.Error, frames []value.Frame) *value.Error {
	if len(frames) == 0 || len(e.Traceback) >= len(frames) && slices.Equal(e.Traceback[:len(frames)], frames) {
		return e
	}
	c := *e
	c.Traceback = append(frames, e.Traceback...)
	return &c
}

// plainName is a function's name as its author wrote it.
func plainName(name string) string { return strings.TrimPrefix(name, renamePrefix) }

// syntaxError gives the first error of the parser or the resolver.
func syntaxError(path string, err error) error {
	pos, msg := syntax.Position{}, err.Error()
	var scan syntax.Error
	var list resolve.ErrorList
	switch {
	case errors.As(err, &scan):
		pos, msg = scan.Pos, scan.Msg
	case errors.As(err, &list):
		pos, msg = list[0].Pos, list[0].Msg
	}
	return &interp.SyntaxError{Path: path, Line: int(pos.Line), Col: int(pos.Col), Message: msg}
}

// failBuiltin is fail(*args, sep=" ").
func failBuiltin(_ *star.Thread, b *star.Builtin, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
	sep := " "
	if err := star.UnpackArgs(b.Name(), nil, kwargs, "sep?", &sep); err != nil {
		return nil, err
	}
	words := make([]string, len(args))
	for i, v := range args {
		if s, ok := star.AsString(v); ok {
			words[i] = s
		} else {
			words[i] = v.String()
		}
	}
	return nil, &value.Error{Kind: value.KindScript, Message: strings.Join(words, sep)}
}
