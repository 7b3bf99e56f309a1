package mito

import (
	"context"
	"maps"
	"slices"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// Modules are those that the Runtime predeclares: mitogen, Select, Receiver,
// Sender, Channel, Message, Latch, fakessh, the value router, Blob and Secret.
func (rt *Runtime) Modules() []*interp.Module {
	return []*interp.Module{
		{Name: "router", Global: true, Doc: "The Router of this process.", AttrNames: []string{"router"},
			Attr: func(context.Context, string) (value.Value, bool) { return rt.main, true }},
		rt.mitogenModule(), rt.selectModule(), rt.receiverModule(), rt.senderModule(), rt.channelModule(),
		rt.messageModule(), rt.latchModule(), rt.fakesshModule(), hiding(),
	}
}

// hiding are the functions Blob and Secret.
func hiding() *interp.Module {
	x := []interp.Param{{Name: "x", Doc: "Text or bytes.", Required: true}}
	return &interp.Module{Name: "values", Global: true, Doc: "Values that are not shown.", Funcs: []*interp.Func{
		{Name: "Blob", Doc: "Returns bytes of which logs and errors show the length only.", Params: x,
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				if a.Value("x") == nil {
					return nil, a.Errorf("want text or bytes, got null")
				}
				data, err := a.Data("x")
				if err != nil {
					return nil, err
				}
				return value.Blob(data), nil
			}},
		{Name: "Secret", Doc: "Returns text or bytes that is shown nowhere; its reveal() gives it back.", Params: x,
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				s, err := value.NewSecret(a.Value("x"))
				if err != nil {
					return nil, err
				}
				return s, nil
			}},
	}}
}

func (rt *Runtime) mitogenModule() *interp.Module {
	names := append([]string{"is_master", "context_id", "parent_id", "parent_ids", "args", "script", "version", "state"},
		slices.Sorted(maps.Keys(wire.Handles()))...)
	funcs := append(rt.mainFuncs(), rt.signalFuncs()...)
	funcs = append(funcs, rt.parallelFuncs()...)
	funcs = append(funcs, rt.constructorFuncs()...)
	return &interp.Module{
		Name: "mitogen", Doc: "The tree of contexts, seen from this one.",
		Funcs: append(funcs, valueFuncs()...), Modules: []*interp.Module{rt.utilsModule()},
		Attr: func(_ context.Context, name string) (value.Value, bool) { return rt.fact(name) }, AttrNames: names,
	}
}

// fact is an attribute of the module mitogen. The languages have state themselves.
func (rt *Runtime) fact(name string) (value.Value, bool) {
	r := rt.opts.Router
	switch name {
	case "is_master":
		return r.IsMaster(), true
	case "context_id":
		return int64(r.ID()), true
	case "parent_id":
		if ids := r.ParentIDs(); len(ids) > 0 {
			return int64(ids[0]), true
		}
		return nil, true
	case "parent_ids":
		return rt.parentIDs(), true
	case "args":
		args := value.List{}
		for _, arg := range rt.opts.Args {
			args = append(args, arg)
		}
		return args, true
	case "script":
		return rt.opts.Script, true
	case "version":
		return rt.opts.Version, true
	}
	if h, ok := wire.Handles()[name]; ok {
		return int64(h), true
	}
	return nil, false
}

// callableArg is the argument fn, which is needed.
func callableArg(a *interp.Args) (interp.Callable, error) {
	fn, ok, err := a.Callable("fn")
	if err != nil || !ok {
		return nil, a.Errorf("argument fn: want a function, got %s", value.TypeName(a.Value("fn")))
	}
	return fn, nil
}

func marking(name, what string, mark interp.Marks) *interp.Func {
	return &interp.Func{Name: name, NoTarget: noTarget,
		Doc:    "Marks a function, and returns it: called by a message it receives the keyword " + what + ".",
		Params: []interp.Param{{Name: "fn", Doc: "The function.", Required: true}},
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			fn, err := callableArg(a)
			if err != nil {
				return nil, err
			}
			fn.Mark(mark)
			return fn, nil
		}}
}

// mainFuncs are main, the marks, wait and at_exit.
func (rt *Runtime) mainFuncs() []*interp.Func {
	fn := interp.Param{Name: "fn", Doc: "The function.", Required: true}
	return []*interp.Func{
		{Name: "main", Doc: "Calls a function of the router once the main script is loaded; elsewhere does nothing. Returns it.", NoTarget: noTarget,
			Params: []interp.Param{fn,
				{Name: "log_level", Doc: "The level from which records are shown."},
				{Name: "profiling", Doc: "Profile this and later contexts.", Default: false}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) { return rt.setMain(a) }},
		marking("takes_router", "router", interp.MarkRouter),
		marking("takes_econtext", "econtext", interp.MarkEcontext),
		{Name: "wait", Doc: "Waits until the process is asked to end or the router is shut down.", Blocking: true, NoTarget: "it would never return",
			Impl: func(ctx context.Context, _ *interp.Args) (value.Value, error) { return done(rt.wait(ctx)) }},
		{Name: "at_exit", Doc: "Runs a function when the script is done, in a child when the context is ended; the last added runs first.", NoTarget: noTarget, Params: []interp.Param{fn},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				fn, err := callableArg(a)
				if err != nil {
					return nil, err
				}
				rt.atExit = append(rt.atExit, fn)
				return nil, nil
			}},
	}
}

func (rt *Runtime) setMain(a *interp.Args) (value.Value, error) {
	fn, err := callableArg(a)
	if err != nil {
		return nil, err
	}
	level, err := a.String("log_level")
	if err != nil {
		return nil, err
	}
	profiling, err := a.Bool("profiling")
	if err != nil {
		return nil, err
	}
	file := ""
	if a.Thread != nil {
		file, _ = a.Thread.Position()
	}
	if !rt.opts.Router.IsMaster() || file != rt.opts.Script {
		return fn, nil
	}
	rt.mainFunc = fn
	if profiling {
		if err := rt.main.setProfiling(true); err != nil {
			return nil, err
		}
	}
	if level != "" && rt.opts.LogTo != nil {
		return fn, rt.opts.LogTo(LogFile{Level: level})
	}
	return fn, nil
}

// valueFuncs make values explicit.
func valueFuncs() []*interp.Func {
	return []*interp.Func{
		{Name: "kwargs", Doc: "Returns its keyword arguments as a dict.", Keywords: "kwargs",
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				d := &value.Dict{}
				for _, kw := range a.Keywords {
					if err := d.Set(kw.Name, kw.Value); err != nil {
						return nil, err
					}
				}
				return d, nil
			}},
		{Name: "raise_error", Doc: "Raises an error of a kind.",
			Params: []interp.Param{{Name: "kind", Doc: "\"ValueError\", or any name of your own.", Required: true}, {Name: "message", Doc: "What went wrong.", Required: true}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				kind, err := a.String("kind")
				if err != nil {
					return nil, err
				}
				text, err := a.String("message")
				if err != nil {
					return nil, err
				}
				if kind == "" {
					return nil, a.Errorf("argument kind is empty")
				}
				return nil, value.Errorf(value.Kind(kind), "%s", text)
			}},
		{Name: "type", Doc: "Returns the name of a value's type.", Params: []interp.Param{{Name: "x", Doc: "Any value.", Required: true}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) { return typeName(a.Value("x")), nil }},
	}
}

func typeName(v value.Value) string {
	switch v.(type) {
	case interp.Callable, *interp.Func:
		return "function"
	case *interp.Module:
		return "module"
	}
	return value.TypeName(v)
}
