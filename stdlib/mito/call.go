package mito

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// names are how errors name places in the calling script's values.
func names(a *interp.Args) mitogen.CallNames { return mitogen.CallNames{FirstIndex: a.FirstIndex()} }

// prepared is a call that is encoded, with what errors call its function.
type prepared struct {
	*mitogen.EncodedCall
	name string
	o    *contextObject
}

// do sends the call and waits for its result; -v shows that it did.
func (p prepared) do(ctx context.Context) (value.Value, error) {
	r := p.o.c.Router()
	level := slog.LevelInfo
	if !p.o.rt.main.r.IsMaster() { // r may be a child's own further Router
		level = slog.LevelDebug // the master shows all that children log from INFO up
	}
	if !r.Log().Enabled(ctx, level) {
		return p.Do(ctx)
	}
	started := time.Now()
	v, err := p.Do(ctx)
	attrs := []any{"context", p.o.c.Name(), "function", p.name, "took", time.Since(started).Round(time.Microsecond)}
	if err != nil {
		attrs = append(attrs, "error", value.AsError(err).Message)
	}
	r.Log().Log(ctx, level, "called", attrs...)
	return v, err
}

// prepare encodes the call that a describes: its fn with all further arguments.
// The script lock is held.
func (o *contextObject) prepare(ctx context.Context, a *interp.Args, chain string) (prepared, error) {
	fn, err := o.rt.target(ctx, a, "fn", o.c.Router())
	if err != nil {
		return prepared{}, err
	}
	return o.encode(a, chain, fn)
}

// encode is prepare with a function that is ready to travel.
func (o *contextObject) encode(a *interp.Args, chain string, fn *value.Func) (prepared, error) {
	defer o.rt.sendingBy(o.c.Router())()
	e, err := o.c.EncodeCall(&mitogen.Call{Chain: chain, Func: fn, Args: a.Rest, Kwargs: a.Keywords}, names(a))
	return prepared{e, fn.Name, o}, err
}

// target gives the function in an argument as it travels in the tree of r.
func (rt *Runtime) target(ctx context.Context, a *interp.Args, name string, r *mitogen.Router) (*value.Func, error) {
	v := a.Value(name)
	if s, ok := v.(string); ok {
		fn, err := rt.named(ctx, a, s)
		if err != nil {
			return nil, err
		}
		v = fn
	}
	defer rt.sendingBy(r)()
	switch fn := v.(type) {
	case value.Porter:
		ported, err := fn.Port()
		if err != nil {
			return nil, err
		}
		v = ported
	case *interp.Func:
		v = &value.Func{Name: fn.Qualified(), Builtin: fn.Qualified()}
	case *interp.Module:
		if fn.Call != nil {
			v = &value.Func{Name: fn.Call.Qualified(), Builtin: fn.Call.Qualified()}
		}
	}
	f, ok := v.(*value.Func)
	if !ok || f.Root == (value.Hash{}) && f.Builtin == "" {
		return nil, a.Errorf("cannot call %s: want a function", value.TypeName(a.Value(name)))
	}
	return f, rt.mayTarget(f)
}

// mayTarget refuses functions whose results are bound to their process.
func (rt *Runtime) mayTarget(f *value.Func) error {
	if f.Builtin == "" || f.Lang != "" {
		return nil
	}
	if b, ok := rt.host.Builtin(f.Builtin); ok && b.NoTarget != "" {
		return value.Errorf(value.KindError, "%s cannot be called in another context: %s", f.Builtin, b.NoTarget)
	}
	return nil
}

// named resolves "lib/db.lua:backup", here where the sources are.
func (rt *Runtime) named(ctx context.Context, a *interp.Args, text string) (interp.Callable, error) {
	fn, err := rt.lookup(ctx, text, a.Unlocked)
	if err != nil {
		return nil, a.Errorf("%v", err)
	}
	return fn, nil
}

// lookup finds the function that text names. unlocked runs what waits without the
// script lock.
func (rt *Runtime) lookup(ctx context.Context, text string, unlocked func(wait func())) (interp.Callable, error) {
	path, name, ok := strings.Cut(text, ":")
	if !ok || path == "" || name == "" {
		return nil, value.Errorf(value.KindError, "cannot call %q: want a function or \"path:function\"", text)
	}
	ext := ""
	if dot := strings.LastIndexByte(path, '.'); dot >= 0 {
		ext = path[dot:]
	}
	in, ok := rt.host.ByExtension(ext)
	if !ok {
		return nil, value.Errorf(value.KindError, "cannot call %q: %s is in no known language", text, path)
	}
	if rt.host.Loader == nil {
		return nil, value.Errorf(value.KindError, "cannot call %q: there are no library modules here", text)
	}
	var src interp.Source
	var err error
	unlocked(func() { src, err = rt.host.Loader.Find(ctx, rt.opts.Script, path, ext) })
	if err != nil {
		return nil, value.Errorf(value.KindError, "cannot call %q: %w", text, err)
	}
	script, err := in.LoadModule(ctx, src)
	if err != nil {
		return nil, value.Errorf(value.KindError, "cannot call %q: %w", text, err)
	}
	fn, ok := script.Global(name)
	if !ok {
		return nil, value.Errorf(value.KindError, "cannot call %q: %s has no function %s", text, path, name)
	}
	return fn, nil
}

// deadline gives ctx the object's limit, from now on.
func (o *contextObject) deadline(ctx context.Context, name string) (context.Context, context.CancelFunc) {
	if !o.limited {
		return ctx, func() {}
	}
	return mitogen.Timeout(ctx, o.limit, o.what(name))
}

func (o *contextObject) what(name string) string {
	return "the call of " + name + " in context " + o.c.Name()
}

func (o *contextObject) await(ctx context.Context, a *interp.Args, call prepared) (v value.Value, err error) {
	a.Unlocked(func() {
		ctx, cancel := o.deadline(ctx, call.name)
		defer cancel()
		v, err = call.do(ctx)
	})
	return v, err
}

func (o *contextObject) start(_ context.Context, a *interp.Args, call prepared) (value.Value, error) {
	var rv *mitogen.Receiver
	var err error
	a.Unlocked(func() { rv, err = call.Start() })
	if err != nil {
		return nil, err
	}
	if o.limited {
		why := value.Errorf(value.KindTimeout, "%s timed out after %s", o.what(call.name), o.limit.Round(time.Millisecond))
		time.AfterFunc(o.limit, func() { rv.Abort(why) })
	}
	return o.rt.view(rv), nil
}

func (o *contextObject) tell(_ context.Context, a *interp.Args, call prepared) (value.Value, error) {
	var err error
	a.Unlocked(func() { err = call.NoReply() })
	return done(err)
}

// callMethods are call, call_async and call_no_reply of whatever calls by of: a
// Context, or a CallChain by its name.
func callMethods[T interp.Object](of func(T) (o *contextObject, chain string)) []method[T] {
	caller := func(f interp.Func, send func(*contextObject, context.Context, *interp.Args, prepared) (value.Value, error)) method[T] {
		return method[T]{f, func(ctx context.Context, self T, a *interp.Args) (value.Value, error) {
			o, chain := of(self)
			call, err := o.prepare(ctx, a, chain)
			if err != nil {
				return nil, err
			}
			return send(o, ctx, a, call)
		}}
	}
	call := callFunc("call", "Runs a function in the context and returns its result.")
	call.Spread = true
	return []method[T]{
		caller(call, (*contextObject).await),
		caller(callFunc("call_async", "Runs a function in the context and returns a Receiver of its result."), (*contextObject).start),
		caller(callFunc("call_no_reply", "Runs a function in the context and does not wait; a failure is logged there."), (*contextObject).tell),
	}
}
