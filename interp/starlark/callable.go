package starlark

import (
	"context"

	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// callable gives Go a function of a script.
func (in *Interp) callable(c star.Callable) interp.Callable {
	switch c := c.(type) {
	case *star.Function:
		return &function{in, c}
	case *foreign:
		return c.fn
	case *callableModule:
		return &builtin{in, c.call}
	}
	return &builtin{in, c}
}

// calleeOf is the way back.
func (in *Interp) calleeOf(c interp.Callable) star.Value {
	switch c := c.(type) {
	case *function:
		if c.in == in {
			return c.fn
		}
	case *builtin:
		if c.in == in {
			return c.fn
		}
	}
	return &foreign{in, c}
}

// call runs any callable under ctx.
func (in *Interp) call(ctx context.Context, fn star.Callable, args []value.Value, kwargs []value.Field) (value.Value, error) {
	v, err := in.onThread(ctx, func(th *thread) (star.Value, error) {
		tuple, err := in.toItems(args)
		if err != nil {
			return nil, err
		}
		var keywords []star.Tuple
		for _, kw := range kwargs {
			v, err := in.toStarlark(kw.Value)
			if err != nil {
				return nil, err
			}
			keywords = append(keywords, star.Tuple{star.String(kw.Name), v})
		}
		return star.Call(&th.t, fn, tuple, keywords)
	})
	if err != nil {
		return nil, err
	}
	return in.fromStarlark(v, "result")
}

// function is a def or a lambda.
type function struct {
	in *Interp
	fn *star.Function
}

func (f *function) FuncName() string { return plainName(f.fn.Name()) }

func (f *function) Where() (string, int) {
	pos := f.fn.Position()
	return pos.Filename(), int(pos.Line)
}

func (f *function) ParamNames() []string {
	n := namedParams(f.fn)
	names := make([]string, n)
	for i := range n {
		names[i], _ = f.fn.Param(i)
	}
	return names
}

func (f *function) Variadic() bool { return f.fn.HasVarargs() }

// namedParams is the number of parameters without *args and **kwargs.
func namedParams(fn *star.Function) int {
	n := fn.NumParams()
	if fn.HasVarargs() {
		n--
	}
	if fn.HasKwargs() {
		n--
	}
	return n
}

func (f *function) Call(ctx context.Context, args []value.Value, kwargs []value.Field) (value.Value, error) {
	return f.in.call(ctx, f.fn, args, kwargs)
}

func (f *function) Port() (value.Value, error) { return f.in.port(f.fn) }

func (f *function) Mark(m interp.Marks) { f.in.mark(f.fn, m) }

// mark adds marks to those that fn has.
func (in *Interp) mark(fn *star.Function, m interp.Marks) {
	if old, _ := in.marks.get(fn); old|m != old {
		in.marks.set(fn, old|m)
		in.ported.clear() // marks travel with everything that refers to fn
	}
}

func (f *function) Marks() interp.Marks {
	m, _ := f.in.marks.get(f.fn)
	return m
}

func (f *function) Same(other interp.Callable) bool {
	o, ok := other.(*function)
	return ok && o.fn == f.fn
}

// builtin is a function that was not written in Starlark, or a bound method.
type builtin struct {
	in *Interp
	fn star.Callable
}

func (b *builtin) FuncName() string     { return b.fn.Name() }
func (b *builtin) Where() (string, int) { return "", 0 }
func (b *builtin) Mark(interp.Marks)    {}
func (b *builtin) Marks() interp.Marks  { return 0 }
func (b *builtin) Same(o interp.Callable) bool {
	ob, ok := o.(*builtin)
	return ok && ob.fn == b.fn
}

// goFunc is the Func behind it, if it is one of the Host's.
func (b *builtin) goFunc() *interp.Func {
	sb, _ := b.fn.(*star.Builtin)
	return b.in.env.funcOf[sb]
}

func (b *builtin) ParamNames() []string {
	f := b.goFunc()
	if f == nil {
		return nil
	}
	names := make([]string, len(f.Params))
	for i, p := range f.Params {
		names[i] = p.Name
	}
	return names
}

func (b *builtin) Variadic() bool {
	f := b.goFunc()
	return f == nil || f.Rest != ""
}

func (b *builtin) Call(ctx context.Context, args []value.Value, kwargs []value.Field) (value.Value, error) {
	return b.in.call(ctx, b.fn, args, kwargs)
}

// Port gives a builtin by its name, and a bound method with its receiver.
func (b *builtin) Port() (value.Value, error) {
	sb, ok := b.fn.(*star.Builtin)
	if !ok {
		return nil, value.Errorf(value.KindError, "cannot send %s", article(b.fn.Type()))
	}
	if f := b.in.env.funcOf[sb]; f != nil && f.Qualified() != "" {
		return &value.Func{Name: f.Qualified(), Builtin: f.Qualified()}, nil
	}
	if name, ok := b.in.env.nameOf[sb]; ok {
		return &value.Func{Lang: langName, Name: name, Builtin: name}, nil
	}
	return b.in.port(sb)
}

// foreign is a function of another language.
type foreign struct {
	in *Interp
	fn interp.Callable
}

func (f *foreign) String() string        { return "<function " + f.fn.FuncName() + ">" }
func (f *foreign) Type() string          { return "function" }
func (f *foreign) Freeze()               {}
func (f *foreign) Truth() star.Bool      { return true }
func (f *foreign) Name() string          { return f.fn.FuncName() }
func (f *foreign) Hash() (uint32, error) { return star.String(f.Name()).Hash() }

func (f *foreign) CallInternal(_ *star.Thread, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
	th := f.in.current
	vals := make([]value.Value, len(args))
	for i, a := range args {
		v, bad := f.in.convert(a)
		if bad != nil {
			return nil, bad.at(argPlace(&interp.Func{}, i))
		}
		vals[i] = v
	}
	var fields []value.Field
	for _, kw := range kwargs {
		name := string(kw[0].(star.String))
		v, bad := f.in.convert(kw[1])
		if bad != nil {
			return nil, bad.at(keywordPlace(&interp.Func{}, name))
		}
		fields = append(fields, value.Field{Name: name, Value: v})
	}
	v, err := f.fn.Call(th.ctx, vals, fields)
	f.in.current = th
	if err != nil {
		return nil, value.AsError(err)
	}
	return f.in.toStarlark(v)
}
