package mitogen

import (
	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Observer is told of the work that this process has other contexts do, for a
// timeline of it. Its methods are called by whoever does the work, side by side, and
// return at once.
type Observer interface {
	// Began is told that work has begun. What it returns is called once, when the work
	// has ended, with its error and how many bytes of files were moved.
	Began(Work) (ended func(err error, bytes int64))
}

// Work is something that takes time in a context.
type Work struct {
	Context *Context
	Kind    WorkKind
	// Name is the function called, or what is copied. Arguments are never told.
	Name string
}

// WorkKind says what sort of work it is.
type WorkKind string

// The kinds of work.
const (
	WorkCall     WorkKind = "call"
	WorkTransfer WorkKind = "transfer"
)

// Observer is who is told of this router's work; nil for nobody.
func (r *Router) Observer() Observer { return r.observer }

// funcName is what people call a function that is to be called.
func funcName(fn value.Value) string {
	switch fn := fn.(type) {
	case string:
		return fn
	case *value.Func:
		return fn.Name
	case interface{ FuncName() string }:
		return fn.FuncName()
	}
	return "function"
}

// began tells the router's observer of the call; nil if there is none.
func (e *EncodedCall) began() func(err error, bytes int64) {
	o := e.target.router.observer
	if o == nil || e.name == "" {
		return nil
	}
	return o.Began(Work{Context: e.target, Kind: WorkCall, Name: e.name})
}

// failure is the error in the answer to a call, or that there is none; nil for a
// result.
func (rv *Receiver) failure(why *value.Error, last *Message) error {
	switch {
	case last == nil, last.IsDead():
		return why
	case last.result == nil && !codec.IsError(last.Data):
		return nil
	}
	_, err := last.Decode()
	return err
}
