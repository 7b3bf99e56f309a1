package luaio

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/proc"
	"github.com/mitoscript/mitoscript/stdlib/stdio"
)

// file is an open file of a script. What it reads is in a buffer, what it writes
// is not.
type file struct {
	// Immutable.
	name  string
	f     *os.File     // nil for pipes and the standard streams
	pipe  *proc.Pipe   // nil for files
	input *stdio.Input // nil if it cannot be read
	out   io.Writer    // nil if it cannot be written
	std   bool         // a standard stream: it stays open

	mu     sync.Mutex
	closed bool // guarded by mu
}

// modes are what open takes, without "b".
var modes = map[string]int{
	"r": os.O_RDONLY, "w": os.O_WRONLY | os.O_TRUNC | os.O_CREATE, "a": os.O_WRONLY | os.O_APPEND | os.O_CREATE,
	"r+": os.O_RDWR, "w+": os.O_RDWR | os.O_TRUNC | os.O_CREATE, "a+": os.O_RDWR | os.O_APPEND | os.O_CREATE,
}

func openFile(name, mode string) (*file, error) {
	plain := ""
	for _, c := range mode {
		if c != 'b' {
			plain += string(c)
		}
	}
	flag := modes[plain]
	f, err := os.OpenFile(name, flag, 0o666)
	if err != nil {
		return nil, err
	}
	return newFile(f, flag&(os.O_WRONLY) == 0, flag&(os.O_WRONLY|os.O_RDWR) != 0), nil
}

func newFile(f *os.File, reads, writes bool) *file {
	out := &file{name: f.Name(), f: f}
	if reads {
		out.input = stdio.NewInput(f)
	}
	if writes {
		out.out = f
	}
	return out
}

// failure is how Lua's functions tell of an error: nil, a text and a number.
func failure(err error) value.Value {
	text, number := err.Error(), int64(0)
	var errno syscall.Errno
	var at *os.PathError
	if errors.As(err, &errno) {
		number = int64(errno)
	}
	if errors.As(err, &at) {
		text = at.Path + ": " + at.Err.Error()
	}
	return value.Tuple{nil, text, number}
}

// TypeName makes a file an interp.Object.
func (*file) TypeName() string { return "file" }

// Show is what tostring gives.
func (f *file) Show() string {
	if f.isClosed() {
		return "file (closed)"
	}
	return fmt.Sprintf("file (%p)", f)
}

// AttrNames lists the methods of a file.
func (*file) AttrNames() []string {
	return []string{"close", "flush", "lines", "read", "seek", "setvbuf", "write"}
}

// Attr returns a method of a file.
func (f *file) Attr(name string) (value.Value, bool) {
	method := &interp.Func{Name: name, Blocking: true, Spread: true}
	switch name {
	case "close":
		method.Impl = func(ctx context.Context, _ *interp.Args) (value.Value, error) { return f.close(ctx) }
	case "flush":
		method.Impl = func(context.Context, *interp.Args) (value.Value, error) { return true, f.usable() }
	case "lines":
		method.Impl = func(context.Context, *interp.Args) (value.Value, error) { return &lines{f: f}, f.usable() }
	case "read":
		method.Rest = "formats"
		method.Impl = func(ctx context.Context, a *interp.Args) (value.Value, error) { return f.read(ctx, a.Rest) }
	case "seek":
		method.Params = []interp.Param{{Name: "whence", Doc: "\"set\", \"cur\" or \"end\".", Default: "cur"},
			{Name: "offset", Doc: "How far from there, in bytes.", Default: int64(0)}}
		method.Impl = f.seek
	case "setvbuf": // what is written is never kept back, which no mode forbids
		method.Params = []interp.Param{{Name: "mode", Doc: "\"no\", \"full\" or \"line\".", Required: true}, {Name: "size", Doc: "In bytes."}}
		method.Impl = func(context.Context, *interp.Args) (value.Value, error) { return true, f.usable() }
	case "write":
		method.Rest = "values"
		method.Impl = func(ctx context.Context, a *interp.Args) (value.Value, error) { return f.write(ctx, a, a.Rest) }
	default:
		return nil, false
	}
	return method, true
}

func (f *file) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

func (f *file) usable() error {
	if f.isClosed() {
		return value.Errorf(value.KindError, "attempt to use a closed file (%s)", f.name)
	}
	return nil
}

// close gives true, of a pipe the exit status of the line that ran.
func (f *file) close(ctx context.Context) (value.Value, error) {
	if err := f.usable(); err != nil {
		return nil, err
	}
	if f.std {
		return true, nil
	}
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	if f.pipe != nil {
		return f.pipe.Close(ctx)
	}
	if err := f.f.Close(); err != nil {
		return failure(err), nil
	}
	return true, nil
}

// write writes texts and numbers; a pipe's reader may let it wait.
func (f *file) write(ctx context.Context, a *interp.Args, values []value.Value) (value.Value, error) {
	if err := f.usable(); err != nil {
		return nil, err
	}
	if f.out == nil {
		return value.Tuple{nil, f.name + " is opened for only reading", int64(syscall.EBADF)}, nil
	}
	var data []byte
	for i, v := range values {
		switch v := v.(type) {
		case string:
			data = append(data, v...)
		case value.Bytes:
			data = append(data, v...)
		case int64, float64:
			data = fmt.Append(data, v)
		default:
			return nil, a.Errorf("args[%d]: want text or a number, got %s", i+1, value.TypeName(v))
		}
	}
	done := make(chan error, 1)
	go func() { done <- f.put(ctx, data) }() // ends with the process that reads, at the latest
	select {
	case err := <-done:
		if err != nil {
			return failure(err), nil
		}
		return true, nil
	case <-ctx.Done():
		return nil, value.AsError(context.Cause(ctx))
	}
}

// put writes behind what was read, not behind what is in the buffer.
func (f *file) put(ctx context.Context, data []byte) error {
	write := func() error {
		_, err := f.out.Write(data)
		return err
	}
	if f.f == nil || f.input == nil {
		return write()
	}
	return f.input.Use(ctx, func(r *bufio.Reader) error {
		if err := f.unread(r); err != nil {
			return err
		}
		return write()
	})
}

// unread goes back to where the script has read.
func (f *file) unread(r *bufio.Reader) error {
	if r.Buffered() == 0 {
		return nil
	}
	_, err := f.f.Seek(-int64(r.Buffered()), io.SeekCurrent)
	r.Reset(f.f)
	return err
}

func (f *file) seek(ctx context.Context, a *interp.Args) (value.Value, error) {
	if err := f.usable(); err != nil {
		return nil, err
	}
	whence, err := a.String("whence")
	if err != nil {
		return nil, err
	}
	offset, err := a.Int("offset")
	if err != nil {
		return nil, err
	}
	from, ok := map[string]int{"set": io.SeekStart, "cur": io.SeekCurrent, "end": io.SeekEnd}[whence]
	if !ok {
		return nil, a.Errorf("argument whence: want \"set\", \"cur\" or \"end\", got %q", whence)
	}
	if f.f == nil {
		return value.Tuple{nil, f.name + ": Illegal seek", int64(syscall.ESPIPE)}, nil
	}
	var at int64
	if f.input != nil {
		if err = f.input.Use(ctx, f.unread); err != nil {
			return nil, err
		}
	}
	if at, err = f.f.Seek(offset, from); err != nil {
		return failure(err), nil
	}
	return at, nil
}
