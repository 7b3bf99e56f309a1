package mito

import (
	"context"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// utilsModule is mitogen.utils.
func (rt *Runtime) utilsModule() *interp.Module {
	runs := []interp.Param{{Name: "fn", Doc: "Called with the router first.", Required: true}}
	return &interp.Module{Name: "utils", Doc: "What is useful around contexts.", Funcs: []*interp.Func{
		{Name: "cast", Doc: "Returns a deep, mutable copy of plain values: secrets and blobs opened, structs as dicts, tuples as lists.",
			Params: []interp.Param{{Name: "obj", Doc: "Plain values.", Required: true}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				return caster{a.FirstIndex()}.cast("obj", a.Value("obj"))
			}},
		{Name: "log_to_file", Doc: "Sends the log to a file.", Params: []interp.Param{
			{Name: "path", Doc: "The file; None for stderr."},
			{Name: "io", Doc: "Add a record for every frame.", Default: false},
			{Name: "usec", Doc: "Show microseconds.", Default: false},
			{Name: "level", Doc: "The level from which records are kept.", Default: "INFO"}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) { return done(rt.logToFile(a)) }},
		{Name: "run_with_router", Doc: "Calls a function with a temporary Router and returns its result.", NoTarget: noTarget,
			Params: runs, Rest: "args", Keywords: "kwargs", HandsOn: true, Here: true, Spread: true,
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
				fn, err := callableArg(a)
				if err != nil {
					return nil, err
				}
				return rt.withRouter(ctx, a, fn)
			}},
		{Name: "with_router", Doc: "Returns a function that calls another with a temporary Router.", NoTarget: noTarget, Params: runs,
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				fn, err := callableArg(a)
				if err != nil {
					return nil, err
				}
				return &interp.Func{Name: fn.FuncName(), Doc: "Calls " + fn.FuncName() + " with a temporary Router.",
					Rest: "args", Keywords: "kwargs", HandsOn: true, Here: true, Spread: true, NoTarget: noTarget,
					Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) { return rt.withRouter(ctx, a, fn) }}, nil
			}},
		{Name: "disable_site_packages", Doc: "Drops every folder of modules but the script's own.",
			Impl: func(context.Context, *interp.Args) (value.Value, error) {
				if rt.opts.DisableSitePackages != nil {
					rt.opts.DisableSitePackages()
				}
				return nil, nil
			}},
		{Name: "reset_affinity", Doc: "Lets the process run on every CPU again.",
			Impl: func(context.Context, *interp.Args) (value.Value, error) { return done(resetAffinity()) }},
	}}
}

func (rt *Runtime) logToFile(a *interp.Args) error {
	var f LogFile
	var err error
	if f.Path, err = a.String("path"); err != nil {
		return err
	}
	if f.IO, err = a.Bool("io"); err != nil {
		return err
	}
	if f.Usec, err = a.Bool("usec"); err != nil {
		return err
	}
	if f.Level, err = a.String("level"); err != nil {
		return err
	}
	if rt.opts.LogTo == nil {
		return a.Errorf("the log of this process cannot be redirected")
	}
	return rt.opts.LogTo(f)
}

// withRouter calls fn with a Router that is shut down in any case.
func (rt *Runtime) withRouter(ctx context.Context, a *interp.Args, fn interp.Callable) (value.Value, error) {
	ro, err := rt.newRouter(a, nil)
	if err != nil {
		return nil, err
	}
	defer rt.drop(ro)
	defer func() {
		a.Unlocked(func() {
			ro.r.Broker().Shutdown()
			ro.r.Broker().Join()
		})
	}()
	return fn.Call(ctx, append([]value.Value{ro}, a.Rest...), a.Keywords)
}
