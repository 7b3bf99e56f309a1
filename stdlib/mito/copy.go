package mito

import (
	"context"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/files"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/fs"
	"github.com/mitoscript/mitoscript/stdlib/path"
)

// copyMethods are put and get.
func copyMethods() []method[*contextObject] {
	local := interp.Param{Name: "local", Doc: "A path of this process.", Required: true}
	remote := interp.Param{Name: "remote", Doc: "A path of the context.", Required: true}
	options := []interp.Param{
		{Name: "mode", Doc: "The files' mode: 0o644, \"0644\" or \"u+x\"; None for that of the source."},
		{Name: "recursive", Doc: "Copy folders too, with all that is in them.", Default: false},
		{Name: "progress", Doc: "True for a bar; or a function, or a Sender, that gets the bytes done and the bytes in all."},
	}
	const about = " A file gets its name when it is complete; in a folder that exists it keeps its own."
	return []method[*contextObject]{
		{interp.Func{Name: "put", Doc: "Copies a file or folder to the context." + about,
			Params: append([]interp.Param{local, remote}, options...)},
			func(ctx context.Context, o *contextObject, a *interp.Args) (value.Value, error) {
				return o.copy(ctx, a, func(ctx context.Context, local, remote string, opts files.Options) error {
					return files.Put(ctx, o.c, local, remote, opts)
				})
			}},
		{interp.Func{Name: "get", Doc: "Copies a file or folder of the context to here." + about,
			Params: append([]interp.Param{remote, local}, options...)},
			func(ctx context.Context, o *contextObject, a *interp.Args) (value.Value, error) {
				return o.copy(ctx, a, func(ctx context.Context, local, remote string, opts files.Options) error {
					return files.Get(ctx, o.c, remote, local, opts)
				})
			}},
	}
}

// copy reads the arguments and runs a transfer, without the script lock.
func (o *contextObject) copy(ctx context.Context, a *interp.Args,
	run func(ctx context.Context, local, remote string, opts files.Options) error) (value.Value, error) {
	local, err := path.Arg(a, "local")
	if err != nil {
		return nil, err
	}
	remote, err := a.Data("remote")
	if err != nil {
		return nil, err
	}
	var opts files.Options
	if opts.Recursive, err = a.Bool("recursive"); err != nil {
		return nil, err
	}
	mode, err := fs.ModeArg(a, "mode")
	if err != nil {
		return nil, err
	}
	if mode != nil {
		opts.Mode = func(old uint32) uint32 { return mode(old, false) }
	}
	w, err := o.rt.watcher(a, local)
	if err != nil {
		return nil, err
	}
	if o.limited {
		var cancel context.CancelFunc
		ctx, cancel = mitogen.Timeout(ctx, o.limit, "the copy")
		defer cancel()
	}
	return nil, w.watch(ctx, a, func(ctx context.Context, report func(done, total int64)) error {
		if opts.Progress = report; w.tell == nil {
			opts.Progress = nil
		}
		return run(ctx, local, remote, opts)
	})
}

// watcher hands the progress of a transfer to whom a script named. tell is called
// on the script's thread, with the lock; it is nil for nobody.
type watcher struct {
	tell func(ctx context.Context, done, total int64) error
	end  func()
}

func (rt *Runtime) watcher(a *interp.Args, title string) (w watcher, err error) {
	w.end = func() {}
	switch to := a.Value("progress").(type) {
	case nil:
	case bool:
		if to && rt.opts.Bar != nil {
			report, end := rt.opts.Bar(path.Base(title))
			w.end = end
			w.tell = func(_ context.Context, done, total int64) error { report(done, total); return nil }
		}
	case interp.Callable:
		w.tell = func(ctx context.Context, done, total int64) error {
			_, err := to.Call(ctx, []value.Value{done, total}, nil)
			return err
		}
	case *senderObject:
		w.tell = func(ctx context.Context, done, total int64) (err error) {
			a.Unlocked(func() { err = to.s.Put(ctx, value.Tuple{done, total}) })
			return err
		}
	default:
		return w, a.Errorf("argument progress: want True, a function or a Sender, got %s", value.TypeName(to))
	}
	return w, nil
}

// step is how far a transfer is.
type step struct{ done, total int64 }

// watch runs a transfer on another goroutine, and tells of its progress on this
// one. A failure to tell ends it.
func (w watcher) watch(ctx context.Context, a *interp.Args, run func(ctx context.Context, report func(done, total int64)) error) error {
	defer w.end()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	steps, ended := make(chan step, 1), make(chan error, 1)
	go func() {
		err := run(ctx, func(done, total int64) {
			select {
			case <-steps: // nobody looked at the last one: this one is newer
			default:
			}
			steps <- step{done, total}
		})
		close(steps)
		ended <- err
	}()
	var failed error
	for {
		var s step
		more := false
		a.Unlocked(func() { s, more = <-steps })
		if !more {
			break
		}
		if failed == nil && w.tell != nil {
			if failed = w.tell(ctx, s.done, s.total); failed != nil {
				cancel(failed)
			}
		}
	}
	var err error
	a.Unlocked(func() { err = <-ended })
	if failed != nil {
		return failed
	}
	return err
}
