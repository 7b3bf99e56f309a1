package files

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"path/filepath"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// Options say how to copy. The zero value copies a file with its mode.
type Options struct {
	// Recursive copies folders too, with all that is in them: links as links, modes,
	// empty folders. What the destination holds already stays.
	Recursive bool
	// Into puts a folder into a destination that is a folder or ends in a slash, as a
	// file always is; else the destination becomes the copy.
	Into bool
	// Mode gives a file's permission bits from those of the source, of which only
	// the lower nine are kept; nil for these. It is not used by Relay.
	Mode func(old uint32) uint32
	// Progress is told, on the goroutine of the copy and ten times a second at most,
	// how many of the bytes of all files are done, and at the end; nil for nobody.
	Progress func(done, total int64)
}

// Put copies the file or folder local of this process to the path remote of c.
// The error is one of the kinds OSError (with errno, path and op; of c, if Context
// is set), ChannelError, SecurityError, TimeoutError or CancelledError.
func Put(ctx context.Context, c *mitogen.Context, local, remote string, opts Options) error {
	return observed(c, "put "+oserror.Show(local)+" to "+oserror.Show(remote), func() (int64, error) {
		return put(ctx, c, local, remote, opts)
	})
}

func put(ctx context.Context, c *mitogen.Context, local, remote string, opts Options) (moved int64, err error) {
	root, err := openSource(local, opts.Recursive)
	if err != nil {
		return 0, err
	}
	defer root.close()
	s, err := open(ctx, c, putService, request{path: remote, name: rootName(local), recursive: opts.Recursive, into: opts.Into, special: opts.Mode != nil})
	if err != nil {
		return 0, err
	}
	from := &sender{pipe: s.pipe, ctx: ctx, mode: opts.Mode, meter: meter{report: opts.Progress}}
	if opts.Progress != nil {
		from.meter.total = totalSize(local)
	}
	if err = s.met(ctx); err == nil {
		err = from.run(root, false)
	}
	if err = s.end(err); err != nil {
		return from.meter.done, ended(ctx, err, "copying "+oserror.Show(local)+" to "+place(c, remote))
	}
	from.meter.end()
	return from.meter.done, nil
}

// Get copies the file or folder remote of c to the path local of this process.
// Errors are those of Put.
func Get(ctx context.Context, c *mitogen.Context, remote, local string, opts Options) error {
	return observed(c, "get "+oserror.Show(remote)+" to "+oserror.Show(local), func() (int64, error) {
		return get(ctx, c, remote, local, opts)
	})
}

func get(ctx context.Context, c *mitogen.Context, remote, local string, opts Options) (moved int64, err error) {
	s, err := open(ctx, c, getService, request{path: remote, recursive: opts.Recursive, total: opts.Progress != nil})
	if err != nil {
		return 0, err
	}
	to := &receiver{
		pipe: s.pipe, ctx: ctx, dest: destination{local, rootName(remote), opts.Into}, recursive: opts.Recursive,
		mode:  plainMode,
		meter: meter{report: opts.Progress},
	}
	if opts.Mode != nil {
		to.mode = func(old uint32) uint32 { return opts.Mode(plainMode(old)) }
	}
	if err = s.end(to.run()); err != nil {
		return to.meter.done, ended(ctx, err, "copying "+place(c, remote)+" to "+oserror.Show(local))
	}
	to.meter.end()
	return to.meter.done, nil
}

// Relay copies a file or folder of one context to another: through this process,
// but not through its disk. Errors are those of Put.
func Relay(ctx context.Context, from *mitogen.Context, source string, to *mitogen.Context, dest string, opts Options) error {
	return observed(from, "copy "+oserror.Show(source)+" to "+place(to, dest), func() (int64, error) {
		return between(ctx, from, source, to, dest, opts)
	})
}

// observed tells the observer of c's router of a copy.
func observed(c *mitogen.Context, name string, work func() (moved int64, err error)) error {
	o := c.Router().Observer()
	if o == nil {
		_, err := work()
		return err
	}
	ended := o.Began(mitogen.Work{Context: c, Kind: mitogen.WorkTransfer, Name: name})
	moved, err := work()
	ended(err, moved)
	return err
}

func between(ctx context.Context, from *mitogen.Context, source string, to *mitogen.Context, dest string, opts Options) (moved int64, err error) {
	in, err := open(ctx, from, getService, request{path: source, recursive: opts.Recursive, total: opts.Progress != nil})
	if err != nil {
		return 0, err
	}
	out, err := open(ctx, to, putService, request{path: dest, name: rootName(source), recursive: opts.Recursive, into: opts.Into})
	if err != nil {
		_ = in.end(err) // it is the consequence
		return 0, err
	}
	count := meter{report: opts.Progress}
	if err = out.met(ctx); err == nil {
		err = relay(ctx, in.pipe, out.pipe, &count)
	}
	fault := err != nil && errors.Is(err, out.broken())
	inErr, outErr := in.end(err), out.end(err)
	if fault || inErr == nil {
		inErr = outErr
	}
	if inErr != nil {
		return count.done, ended(ctx, inErr, "copying "+place(from, source)+" to "+place(to, dest))
	}
	count.end()
	return count.done, nil
}

// relay hands a stream on until its end.
func relay(ctx context.Context, in, out *pipe, count *meter) error {
	if count.report != nil {
		var head [9]byte
		if err := in.fill(ctx, head[:]); err != nil {
			return err
		}
		count.total = int64(min(binary.BigEndian.Uint64(head[1:]), math.MaxInt64))
	}
	for {
		data, err := in.take(ctx, chunkSize)
		if err == io.EOF {
			err = out.flush(ctx)
			out.abort() // nothing comes behind it, whether it was complete or not
			return err
		}
		if err != nil {
			return err
		}
		if err := out.write(ctx, data); err != nil {
			return err
		}
		count.add(int64(len(data)))
	}
}

// place names a path of a context.
func place(c *mitogen.Context, path string) string { return c.Name() + ":" + oserror.Show(path) }

// rootName is the name that a file or folder gets in another folder; "" for one
// whose path does not tell.
func rootName(path string) string {
	if name := filepath.Base(path); path != "" && isName(name) {
		return name
	}
	return ""
}

// ended says of an error of the way, or of the end of ctx, what was being done.
func ended(ctx context.Context, err error, what string) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var e *value.Error
	switch {
	case errors.As(err, &e) && (ctx.Err() != nil || e.IsA(value.KindChannel)):
		about := *e
		about.Message = what + ": " + e.Message
		return &about
	case errors.Is(err, context.DeadlineExceeded):
		return value.Errorf(value.KindTimeout, "%s timed out", what)
	case errors.Is(err, context.Canceled):
		return value.Errorf(value.KindCancelled, "%s was cancelled", what)
	}
	return err
}
