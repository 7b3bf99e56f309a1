package starlark

import (
	"fmt"

	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// bind makes a Starlark builtin of a Go function.
func (in *Interp) bind(f *interp.Func) *star.Builtin {
	return star.NewBuiltin(f.Name, func(t *star.Thread, _ *star.Builtin, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
		return in.callFunc(f, nil, args, kwargs)
	})
}

// bindMethod makes one of a method of the object recv.
func (in *Interp) bindMethod(f *interp.Func, recv star.Value) *star.Builtin {
	if !f.Method {
		return in.unboundMethod(f).BindReceiver(recv)
	}
	b := in.methods[f]
	if b == nil {
		b = in.unboundMethod(f)
		in.methods[f] = b
	}
	return b.BindReceiver(recv)
}

func (in *Interp) unboundMethod(f *interp.Func) *star.Builtin {
	return star.NewBuiltin(f.Name, func(_ *star.Thread, b *star.Builtin, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
		return in.callFunc(f, b.Receiver().(goObject).object(), args, kwargs)
	})
}

// callFunc runs a Go function on the current thread.
func (in *Interp) callFunc(f *interp.Func, self interp.Object, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
	th := in.current
	if over := th.over(); over != nil {
		return nil, over
	}
	matched, err := in.match(th, f, args, kwargs)
	if err != nil {
		return nil, err
	}
	matched.Self = self
	v, err := invoke(th, f, matched)
	in.current = th
	matched.Release()
	if err != nil {
		return nil, value.AsError(err)
	}
	return in.toStarlark(v)
}

func (in *Interp) match(th *thread, f *interp.Func, args star.Tuple, kwargs []star.Tuple) (*interp.Args, error) {
	vals := make([]value.Value, len(args))
	for i, a := range args {
		v, err := in.argument(f, a)
		if err != nil {
			return nil, err.at(argPlace(f, i))
		}
		vals[i] = v
	}
	var fields []value.Field
	for _, kw := range kwargs {
		name := string(kw[0].(star.String))
		v, err := in.argument(f, kw[1])
		if err != nil {
			return nil, err.at(keywordPlace(f, name))
		}
		fields = append(fields, value.Field{Name: name, Value: v})
	}
	return interp.Match(f, th, vals, fields)
}

// argPlace is how errors call a positional argument: by its parameter, or by its
// place among those that are handed on.
func argPlace(f *interp.Func, i int) string {
	positional := 0
	for positional < len(f.Params) && !f.Params[positional].KeywordOnly {
		positional++
	}
	if i < positional {
		return f.Params[i].Name
	}
	rest := f.Rest
	if rest == "" {
		rest = "args"
	}
	return fmt.Sprintf("%s[%d]", rest, i-positional)
}

func keywordPlace(f *interp.Func, name string) string {
	for _, p := range f.Params {
		if p.Name == name {
			return name
		}
	}
	rest := f.Keywords
	if rest == "" {
		rest = "kwargs"
	}
	return fmt.Sprintf("%s[%q]", rest, name)
}

// invoke runs Impl, without the script lock if f is Blocking. A panic becomes an
// error: a bug in one builtin does not end the process.
func invoke(th *thread, f *interp.Func, a *interp.Args) (v value.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = a.Errorf("%v", interp.Recovered(r))
		}
	}()
	if f.Blocking {
		th.Unlock()
		defer th.Lock()
	}
	return f.Impl(th.ctx, a)
}
