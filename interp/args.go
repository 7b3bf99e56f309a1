package interp

import (
	"context"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Thread is the script thread that a Func was called on.
type Thread interface {
	// Unlock lets go of the script lock and Lock takes it back, keeping the
	// interpreter's own idea of the current thread right.
	Unlock()
	Lock()
	// Interp is the language of the calling script.
	Interp() Interp
	// Position is the calling line of the script.
	Position() (file string, line int)
}

// Args are the arguments of one call, matched to the parameters of its Func.
type Args struct {
	// Func is the function called.
	Func *Func
	// Thread is that of the calling script; nil for a call from Go or by message.
	Thread Thread
	// Self is the object that a Method was called of.
	Self Object
	// Rest are further positional arguments.
	Rest []value.Value
	// Keywords are further keyword arguments.
	Keywords []value.Field

	values []value.Value
	given  []bool

	// few functions have more parameters than there is room for here
	valuesRoom [6]value.Value
	givenRoom  [6]bool
}

// spareArgs are Args that were let go: every call of the library needs one.
var spareArgs = sync.Pool{New: func() any { return new(Args) }}

// Release lets go of a, which the function called may not have kept. It is for who
// has called Match, and may be left out.
func (a *Args) Release() {
	*a = Args{}
	spareArgs.Put(a)
}

// Match matches positional and keyword arguments to the parameters of f. A
// mismatch is an Error that names the function and the argument.
func Match(f *Func, t Thread, args []value.Value, kwargs []value.Field) (*Args, error) {
	a := spareArgs.Get().(*Args)
	a.Func, a.Thread = f, t
	if n := len(f.Params); n <= len(a.valuesRoom) {
		a.values, a.given = a.valuesRoom[:n], a.givenRoom[:n]
	} else {
		a.values, a.given = make([]value.Value, n), make([]bool, n)
	}
	positional := 0
	for positional < len(f.Params) && !f.Params[positional].KeywordOnly {
		positional++
	}
	n := copy(a.values[:positional], args)
	for i := range n {
		a.given[i] = true
	}
	if len(args) > n {
		if f.Rest == "" {
			return nil, f.errorf("takes at most %d positional arguments (%d given)", positional, len(args))
		}
		a.Rest = args[n:]
	}
	if err := a.matchKeywords(kwargs); err != nil {
		return nil, err
	}
	for i, p := range f.Params {
		if !a.given[i] {
			if p.Required {
				return nil, f.errorf("missing argument %s", p.Name)
			}
			a.values[i] = p.Default
		}
	}
	return a, nil
}

func (a *Args) matchKeywords(kwargs []value.Field) error {
	f := a.Func
	for _, kw := range kwargs {
		i := f.param(kw.Name)
		switch {
		case i >= 0 && a.given[i]:
			return f.errorf("got several values for argument %s", kw.Name)
		case i >= 0:
			a.values[i], a.given[i] = kw.Value, true
		case f.Keywords != "":
			a.Keywords = append(a.Keywords, kw)
		default:
			return f.errorf("unexpected keyword argument %s%s", kw.Name, Hint(kw.Name, f.paramNames(), "it takes"))
		}
	}
	return nil
}

func (f *Func) param(name string) int {
	for i := range f.Params {
		if f.Params[i].Name == name {
			return i
		}
	}
	return -1
}

func (f *Func) paramNames() []string {
	names := make([]string, len(f.Params))
	for i, p := range f.Params {
		names[i] = p.Name
	}
	return names
}

func (f *Func) errorf(format string, args ...any) error {
	name := f.qualified
	if name == "" {
		name = f.Name
	}
	return value.Errorf(value.KindError, "%s: %s", name, fmt.Sprintf(format, args...))
}

// Errorf is an Error that names the function called.
func (a *Args) Errorf(format string, args ...any) error { return a.Func.errorf(format, args...) }

// Unlocked runs wait without the script lock. wait may not touch script values.
func (a *Args) Unlocked(wait func()) {
	if a.Thread == nil {
		wait()
		return
	}
	a.Thread.Unlock()
	defer a.Thread.Lock()
	wait()
}

// Value returns the argument of the parameter called name. An unknown name is a
// bug in the Func and panics.
func (a *Args) Value(name string) value.Value {
	i := a.Func.param(name)
	if i < 0 {
		panic("interp: " + a.Func.Name + " has no parameter " + name)
	}
	return a.values[i]
}

// FirstIndex is that of the calling script's language.
func (a *Args) FirstIndex() int {
	if a.Thread == nil || a.Thread.Interp() == nil {
		return 0
	}
	return a.Thread.Interp().FirstIndex()
}

// Given reports whether the argument was given (None counts).
func (a *Args) Given(name string) bool {
	i := a.Func.param(name)
	return i >= 0 && a.given[i]
}

// Set replaces the argument of the parameter called name.
func (a *Args) Set(name string, v value.Value) {
	if i := a.Func.param(name); i >= 0 {
		a.values[i], a.given[i] = v, true
	}
}

func (a *Args) typeError(name, want string) error {
	return a.Errorf("argument %s: want %s, got %s", name, want, value.TypeName(a.Value(name)))
}

// null is the error of None in place of a required argument. None stands for what
// may be left out; a name that is missing by mistake must not empty a file.
func (a *Args) null(name, want string) error {
	if a.Func.Params[a.Func.param(name)].Required {
		return a.typeError(name, want)
	}
	return nil
}

// String returns text; an optional None is "". A Secret is revealed.
func (a *Args) String(name string) (string, error) {
	switch v := a.Value(name).(type) {
	case nil:
		return "", a.null(name, "string")
	case string:
		return v, nil
	case value.Secret:
		return v.Text(), nil
	}
	return "", a.typeError(name, "string")
}

// Data returns text or bytes, exactly; an optional None is "". Blob and Secret are opened.
func (a *Args) Data(name string) (string, error) {
	switch v := a.Value(name).(type) {
	case nil:
		return "", a.null(name, "string or bytes")
	case string:
		return v, nil
	case value.Bytes:
		return string(v), nil
	case value.Blob:
		return string(v), nil
	case value.Secret:
		return v.Text(), nil
	}
	return "", a.typeError(name, "string or bytes")
}

// Bool returns a boolean; None is false.
func (a *Args) Bool(name string) (bool, error) {
	switch v := a.Value(name).(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	}
	return false, a.typeError(name, "bool")
}

// Int returns an integer; an optional None is 0. A float that is whole is accepted.
func (a *Args) Int(name string) (int64, error) {
	switch v := a.Value(name).(type) {
	case nil:
		return 0, a.null(name, "int")
	case int64:
		return v, nil
	case float64:
		if v == float64(int64(v)) {
			return int64(v), nil
		}
	case *big.Int:
		return 0, a.Errorf("argument %s: %s is out of range", name, v)
	}
	return 0, a.typeError(name, "int")
}

// Float returns a number; an optional None is 0.
func (a *Args) Float(name string) (float64, error) {
	switch v := a.Value(name).(type) {
	case nil:
		return 0, a.null(name, "number")
	case int64:
		return float64(v), nil
	case float64:
		return v, nil
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f, nil
	}
	return 0, a.typeError(name, "number")
}

// Timeout returns a span given in seconds (or as a duration); ok is false for None.
// A negative one counts as 0.
func (a *Args) Timeout(name string) (d time.Duration, ok bool, err error) {
	switch v := a.Value(name).(type) {
	case nil:
		return 0, false, nil
	case time.Duration:
		return max(v, 0), true, nil
	}
	s, err := a.Float(name)
	if err != nil {
		return 0, false, a.typeError(name, "seconds")
	}
	return max(value.Seconds(s), 0), true, nil
}

// List returns the items of a list, tuple or set; an optional None is empty.
func (a *Args) List(name string) ([]value.Value, error) {
	switch v := a.Value(name).(type) {
	case nil:
		return nil, a.null(name, "list")
	case value.List:
		return v, nil
	case value.Tuple:
		return v, nil
	case *value.Set:
		return v.Items(), nil
	case *value.Dict: // an empty Lua table may arrive as either
		if v.Len() == 0 {
			return nil, nil
		}
	}
	return nil, a.typeError(name, "list")
}

// Strings returns a list of text; an optional None is empty.
func (a *Args) Strings(name string) ([]string, error) {
	items, err := a.List(name)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(items))
	for i, it := range items {
		s, ok := it.(string)
		if !ok {
			return nil, a.Errorf("argument %s[%d]: want string, got %s", name, i+a.FirstIndex(), value.TypeName(it))
		}
		out[i] = s
	}
	return out, nil
}

// Dict returns a dict; None and an empty list are an empty one.
func (a *Args) Dict(name string) (*value.Dict, error) {
	switch v := a.Value(name).(type) {
	case nil:
		return &value.Dict{}, nil
	case *value.Dict:
		return v, nil
	case Folded:
		return v.Dict(), nil
	case value.List:
		if len(v) == 0 {
			return &value.Dict{}, nil
		}
	}
	return nil, a.typeError(name, "dict")
}

// Callable returns a script function; ok is false for None.
func (a *Args) Callable(name string) (fn Callable, ok bool, err error) {
	switch v := a.Value(name).(type) {
	case nil:
		return nil, false, nil
	case Callable:
		return v, true, nil
	}
	return nil, false, a.typeError(name, "function")
}

// CallGo matches the arguments and runs f from Go, without a script thread.
func (f *Func) CallGo(ctx context.Context, args []value.Value, kwargs []value.Field) (value.Value, error) {
	a, err := Match(f, nil, args, kwargs)
	if err != nil {
		return nil, err
	}
	return f.Impl(ctx, a)
}
