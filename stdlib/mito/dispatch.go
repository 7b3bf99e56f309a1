package mito

import (
	"context"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Dispatch runs the function of a call that arrived. It takes the script lock.
func (rt *Runtime) Dispatch(ctx context.Context, c *mitogen.Call) (v value.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, value.Errorf(value.KindError, "%w", interp.Recovered(r))
		}
	}()
	if err := rt.openAll(ctx, c); err != nil {
		return nil, err
	}
	switch fn := c.Func.(type) {
	case string:
		return rt.callNamed(ctx, fn, c)
	case *builtinFunc:
		return fn.run(ctx, c.Args, c.Kwargs)
	case interp.Callable:
		rt.host.Lock.Lock()
		defer rt.host.Lock.Unlock()
		return fn.Call(ctx, c.Args, rt.injected(fn, c.Kwargs))
	}
	return nil, value.Errorf(value.KindError, "cannot call %s", value.TypeName(c.Func))
}

func (rt *Runtime) callNamed(ctx context.Context, name string, c *mitogen.Call) (value.Value, error) {
	rt.host.Lock.Lock()
	defer rt.host.Lock.Unlock()
	fn, err := rt.lookup(ctx, name, func(wait func()) {
		rt.host.Lock.Unlock()
		defer rt.host.Lock.Lock()
		wait()
	})
	if err != nil {
		return nil, err
	}
	return fn.Call(ctx, c.Args, rt.injected(fn, c.Kwargs))
}

// injected adds the keywords that fn is marked for.
func (rt *Runtime) injected(fn interp.Callable, kwargs []value.Field) []value.Field {
	marks := fn.Marks()
	if marks&interp.MarkRouter != 0 {
		kwargs = append(kwargs, value.Field{Name: "router", Value: rt.main})
	}
	if marks&interp.MarkEcontext != 0 {
		kwargs = append(kwargs, value.Field{Name: "econtext", Value: &econtextObject{rt}})
	}
	return kwargs
}

// openAll revives the functions of a call, so that scripts get them as functions
// of their own language.
func (rt *Runtime) openAll(ctx context.Context, c *mitogen.Call) (err error) {
	if f, ok := c.Func.(*value.Func); ok {
		if in, err := rt.host.Interp(f.Lang); err == nil {
			c.Names.FirstIndex = in.FirstIndex()
		}
		c.Func = &shipped{rt: rt, f: f}
	}
	if c.Func, err = rt.opened(ctx, c.Func, 0); err != nil {
		return err
	}
	for i := range c.Args {
		if rt.unopened.Load() == 0 {
			return nil
		}
		if c.Args[i], err = rt.opened(ctx, c.Args[i], 0); err != nil {
			return err
		}
	}
	for i := range c.Kwargs {
		if c.Kwargs[i].Value, err = rt.opened(ctx, c.Kwargs[i].Value, 0); err != nil {
			return err
		}
	}
	return nil
}

// opened gives v with the functions in it revived; lists are changed in place.
// What is nested too deeply for anything else is left as it is.
func (rt *Runtime) opened(ctx context.Context, v value.Value, depth int) (value.Value, error) {
	if depth > 1000 {
		return v, nil
	}
	var err error
	switch v := v.(type) {
	case *shipped:
		return v.fetch(ctx)
	case value.List:
		for i := 0; i < len(v) && err == nil; i++ {
			v[i], err = rt.opened(ctx, v[i], depth+1)
		}
	case value.Tuple:
		for i := 0; i < len(v) && err == nil; i++ {
			v[i], err = rt.opened(ctx, v[i], depth+1)
		}
	case *value.Struct:
		for i := 0; i < len(v.Fields) && err == nil; i++ {
			v.Fields[i].Value, err = rt.opened(ctx, v.Fields[i].Value, depth+1)
		}
	case *value.Dict:
		for _, it := range v.Items() {
			inner, err := rt.opened(ctx, it.Value, depth+1)
			if err == nil && needsSet(it.Value) {
				err = v.Set(it.Key, inner)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return v, err
}

// needsSet tells what was replaced rather than changed in place.
func needsSet(v value.Value) bool { _, ok := v.(*shipped); return ok }

// Resolve makes references and functions that arrive usable. It is the Resolve of
// the Options of the Runtime's routers, and needs no lock.
func (rt *Runtime) Resolve(v value.Value) (value.Value, error) {
	switch v := v.(type) {
	case *mitogen.Context:
		return &contextObject{rt: rt, c: v}, nil
	case *mitogen.Sender:
		return &senderObject{rt: rt, s: v}, nil
	case *value.Func:
		rt.unopened.Add(1)
		return &shipped{rt: rt, f: v}, nil
	}
	return v, nil
}
