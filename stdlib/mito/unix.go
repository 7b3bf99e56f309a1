package mito

import (
	"context"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// unixMethods let masters of one account use each other's trees.
func unixMethods() []method[*routerObject] {
	type self = *routerObject
	join := []interp.Param{{Name: "path", Doc: "The path that its listen_unix returned.", Required: true}}
	return []method[self]{
		{interp.Func{Name: "listen_unix", Blocking: true,
			Doc: "Lets other programs of this account join the tree, and returns the path of their socket. " +
				"They act with the authority of this context. The socket is removed at the end.",
			Params: []interp.Param{{Name: "path", Doc: "The socket, made with mode 0600; None for a new one in a private folder."}}}, routerListenUnix},
		{interp.Func{Name: "unix", Params: join,
			Doc: "Joins the tree of a running master that called listen_unix, and returns its Context. " +
				"This program then acts with the authority of that master."}, routerUnix},
		{interp.Func{Name: "unix_async", Params: join,
			Doc: "Does as unix, but returns a Receiver of the Context at once; its cancel() aborts the set-up."}, routerUnixAsync},
	}
}

func routerListenUnix(_ context.Context, o *routerObject, a *interp.Args) (value.Value, error) {
	if o.rt.opts.ListenUnix == nil {
		return nil, a.Errorf("this process cannot listen")
	}
	path, err := a.String("path")
	if err != nil {
		return nil, err
	}
	return o.rt.opts.ListenUnix(o.r, path)
}

func routerUnix(ctx context.Context, o *routerObject, a *interp.Args) (value.Value, error) {
	path, err := o.unixPath(a)
	if err != nil {
		return nil, err
	}
	var v value.Value
	a.Unlocked(func() { v, err = o.joinUnix(ctx, path) })
	return v, err
}

func routerUnixAsync(_ context.Context, o *routerObject, a *interp.Args) (value.Value, error) {
	path, err := o.unixPath(a)
	if err != nil {
		return nil, err
	}
	rv, err := o.rt.promise(o.r, func(ctx context.Context) (value.Value, error) { return o.joinUnix(ctx, path) })
	if err != nil {
		return nil, err
	}
	return o.rt.view(rv), nil
}

func (o *routerObject) unixPath(a *interp.Args) (string, error) {
	if o.rt.opts.JoinUnix == nil {
		return "", a.Errorf("this process cannot join another tree")
	}
	path, err := a.String("path")
	if err == nil && path == "" {
		err = a.Errorf("argument path: want the path of a socket, got none")
	}
	return path, err
}

// joinUnix makes a further router, of the tree that is joined. It ends with the
// broker of o.
func (o *routerObject) joinUnix(ctx context.Context, path string) (value.Value, error) {
	c, conn, err := o.rt.opts.JoinUnix(ctx, o.r.Broker(), path, o.rt.Resolve)
	if err != nil {
		return nil, err
	}
	o.rt.addRouter(c.Router(), conn)
	return o.rt.Context(c), nil
}
