package fs

import (
	"context"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/path"
)

// Module makes the module fs.
func Module() *interp.Module {
	m := &interp.Module{Name: "fs", Doc: "Files and folders."}
	for _, part := range [][]*interp.Func{
		readFuncs(), writeFuncs(), statFuncs(), treeFuncs(), changeFuncs(), ownerFuncs(), otherFuncs(&heldLocks{}),
	} {
		m.Funcs = append(m.Funcs, part...)
	}
	return m
}

func param(name, doc string) interp.Param { return interp.Param{Name: name, Doc: doc, Required: true} }

func option(name, doc string, def value.Value) interp.Param {
	return interp.Param{Name: name, Doc: doc, Default: def}
}

// onPath makes a function whose first parameter is a path.
func onPath(name, doc string, impl func(ctx context.Context, p string, a *interp.Args) (value.Value, error), more ...interp.Param) *interp.Func {
	return &interp.Func{Name: name, Doc: doc, Blocking: true,
		Params: append([]interp.Param{param("path", "The file or folder.")}, more...),
		Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
			p, err := path.Arg(a, "path")
			if err != nil {
				return nil, err
			}
			return impl(ctx, p, a)
		}}
}

// onTwo makes a function of two paths.
func onTwo(name, doc string, first, second interp.Param, impl func(ctx context.Context, x, y string, a *interp.Args) (value.Value, error), more ...interp.Param) *interp.Func {
	return &interp.Func{Name: name, Doc: doc, Blocking: true,
		Params: append([]interp.Param{first, second}, more...),
		Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
			x, err := path.Arg(a, first.Name)
			if err != nil {
				return nil, err
			}
			y, err := path.Arg(a, second.Name)
			if err != nil {
				return nil, err
			}
			return impl(ctx, x, y, a)
		}}
}

func texts(names []string) value.List {
	out := make(value.List, len(names))
	for i, n := range names {
		out[i] = n
	}
	return out
}
