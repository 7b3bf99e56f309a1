package value

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind is the kind of an Error. Kinds on the wire are append-only. A Kind is an
// error itself, so that errors.Is(err, value.KindChannel) asks for the kind or
// one derived from it.
type Kind string

// The kinds that scripts see; kindBase gives the base of each.
const (
	KindError     Kind = "Error"
	KindScript    Kind = "ScriptError"
	KindCall      Kind = "CallError"
	KindChannel   Kind = "ChannelError"
	KindSecurity  Kind = "SecurityError"
	KindLatch     Kind = "LatchError"
	KindStream    Kind = "StreamError"
	KindPassword  Kind = "PasswordError"
	KindHostKey   Kind = "HostKeyError"
	KindEOF       Kind = "EofError"
	KindTimeout   Kind = "TimeoutError"
	KindCancelled Kind = "CancelledError"
	KindOS        Kind = "OSError"
	KindProcess   Kind = "ProcessError"
	KindHTTP      Kind = "HTTPError"
	KindParse     Kind = "ParseError"
	KindValue     Kind = "ValueError"
)

var kindBase = map[Kind]Kind{
	KindScript: KindError, KindCall: KindError, KindChannel: KindError,
	KindSecurity: KindChannel, KindLatch: KindError, KindStream: KindError,
	KindPassword: KindStream, KindHostKey: KindStream, KindEOF: KindStream,
	KindTimeout: KindError, KindCancelled: KindError, KindOS: KindError,
	KindProcess: KindError, KindHTTP: KindError, KindParse: KindError,
	KindValue: KindError,
}

// Error makes a Kind a target for errors.Is.
func (k Kind) Error() string { return string(k) }

// IsA reports whether k is other or derived from it. A kind that this table
// does not know (raise_error's own) derives from Error.
func (k Kind) IsA(other Kind) bool {
	for ; k != ""; k = kindBase[k] {
		if k == other {
			return true
		}
		if _, known := kindBase[k]; !known && k != KindError {
			return other == KindError
		}
	}
	return false
}

// Frame is one line of a traceback.
type Frame struct {
	File     string
	Line     int
	Function string
}

// String gives "file:line: in function".
func (f Frame) String() string { return fmt.Sprintf("%s:%d: in %s", f.File, f.Line, f.Function) }

// Error is an error of any kind, as scripts of both languages see it and as it
// travels. It is not changed once it is shared.
type Error struct {
	Kind Kind
	// Also lists further kinds that it is (a set-up's timeout is a StreamError too).
	Also    []Kind
	Message string
	// Context is the name of the context that it concerns, "" for none.
	Context string
	// Traceback has the user's own frames, innermost last.
	Traceback []Frame
	// Attrs are further attributes (errno, path, code, status …).
	Attrs []Field
	// Cause is the error behind this one: of a CallError what the function raised.
	Cause *Error

	wrapped error
}

// Errorf makes an Error of the kind; %w keeps the wrapped error for errors.Is.
func Errorf(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: err.Error(), wrapped: errors.Unwrap(err)}
}

// With returns a copy of e that has the further attribute.
func (e *Error) With(name string, v Value) *Error {
	c := *e
	c.Attrs = append(append([]Field(nil), e.Attrs...), Field{name, v})
	return &c
}

// Error gives the message; a CallError's ends with its cause's.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause, else the Go error that it was made from.
func (e *Error) Unwrap() error {
	if e.Cause != nil {
		return e.Cause
	}
	return e.wrapped
}

// IsA reports whether e is of the kind or of one derived from it.
func (e *Error) IsA(kind Kind) bool {
	for _, k := range e.Also {
		if k.IsA(kind) {
			return true
		}
	}
	return e.Kind.IsA(kind)
}

// Is serves errors.Is for kinds, and for context.DeadlineExceeded and
// context.Canceled.
func (e *Error) Is(target error) bool {
	switch target {
	case context.DeadlineExceeded:
		return e.IsA(KindTimeout)
	case context.Canceled:
		return e.IsA(KindCancelled)
	}
	k, ok := target.(Kind)
	return ok && e.IsA(k)
}

// AsError returns err as an Error: itself or the one it wraps (keeping a longer
// message), a context's end as TimeoutError or CancelledError, else a plain Error.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		if err == error(e) {
			return e
		}
		c := *e
		c.Message, c.wrapped = err.Error(), err
		return &c
	}
	kind := KindError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		kind = KindTimeout
	case errors.Is(err, context.Canceled):
		kind = KindCancelled
	}
	return &Error{Kind: kind, Message: err.Error(), wrapped: err}
}

// Report gives the whole story for a person: a traceback from the caller's line
// through the remote function's, each context named, then kind and message.
func (e *Error) Report() string {
	var b strings.Builder
	e.report(&b, "")
	return b.String()
}

func (e *Error) report(b *strings.Builder, where string) {
	if len(e.Traceback) > 0 {
		b.WriteString("Traceback" + where + " (most recent call last):\n")
		for _, f := range e.Traceback {
			b.WriteString("  " + f.String() + "\n")
		}
	}
	if e.Cause != nil {
		in := ""
		if e.Context != "" {
			in = " in context " + e.Context
		}
		e.Cause.report(b, in)
		if e.Kind == KindCall {
			return
		}
	}
	b.WriteString(string(e.Kind) + ": " + e.Message + "\n")
}
