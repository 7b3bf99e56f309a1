package luaio

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/path"
	"github.com/mitoscript/mitoscript/stdlib/proc"
	"github.com/mitoscript/mitoscript/stdlib/stdio"
)

// Host is what the library may touch.
type Host struct {
	// Stdin is shared with the module stdio.
	Stdin *stdio.Input
	// Stdout and Stderr get what is written to io.stdout and io.stderr; nil drops it.
	Stdout, Stderr io.Writer
	// Programs runs what popen and os.execute are given.
	Programs *proc.Host
}

// OS makes what joins Lua's own table os.
func OS(programs *proc.Host) *interp.Module {
	return &interp.Module{Name: "os", Doc: "What joins Lua's own os.", Only: "lua", Merge: true, Funcs: []*interp.Func{
		{Name: "execute", Doc: "Runs a line of shell and returns its exit status, 128+N if signal N ended it; without a line, whether there is a shell.",
			Blocking: true, Params: []interp.Param{{Name: "command", Doc: "The line."}},
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
				if a.Value("command") == nil {
					return int64(1), nil
				}
				line, err := a.Data("command")
				if err != nil {
					return nil, err
				}
				return programs.Shell(ctx, line)
			}},
	}}
}

// library is the state of io: the files that functions take if none is named.
type library struct {
	host                  *Host
	stdin, stdout, stderr *file

	mu      sync.Mutex
	in, out *file // guarded by mu
}

// Module makes Lua's module io.
func Module(h *Host) *interp.Module {
	l := &library{host: h, stdin: &file{name: "stdin", input: h.Stdin, std: true},
		stdout: &file{name: "stdout", out: orDiscard(h.Stdout), std: true}, stderr: &file{name: "stderr", out: orDiscard(h.Stderr), std: true}}
	l.in, l.out = l.stdin, l.stdout
	const live = "its result, an open file, cannot travel"
	optional := func(name, doc string) []interp.Param { return []interp.Param{{Name: name, Doc: doc}} }
	mode := interp.Param{Name: "mode", Doc: "As in C's fopen.", Default: "r"}
	fn := func(name, doc string, impl func(context.Context, *interp.Args) (value.Value, error)) *interp.Func {
		return &interp.Func{Name: name, Doc: doc, Blocking: true, Spread: true, Impl: impl}
	}
	with := func(f *interp.Func, noTarget, rest string, params ...interp.Param) *interp.Func {
		f.NoTarget, f.Rest, f.Params = noTarget, rest, params
		return f
	}
	return &interp.Module{Name: "io", Doc: "Lua's own files.", Only: "lua",
		AttrNames: []string{"stderr", "stdin", "stdout"}, Attr: l.attr, Funcs: []*interp.Func{
			with(fn("close", "Closes a file, the standard output file if none is given.", l.close), "", "", optional("file", "A file.")...),
			fn("flush", "Does nothing: what is written is not kept back.", func(context.Context, *interp.Args) (value.Value, error) { return true, nil }),
			with(fn("input", "Returns the file that read and lines take, after setting it.", l.setInput), live, "", optional("file", "A file or a path.")...),
			with(fn("output", "Returns the file that write takes, after setting it.", l.setOutput), live, "", optional("file", "A file or a path.")...),
			with(fn("lines", "Walks the lines of the file at a path, of the standard input file if none is given.", l.lines), live, "", optional("path", "A path.")...),
			with(fn("open", "Opens a file; nil, a text and a number if that fails.", l.open), live, "",
				interp.Param{Name: "path", Doc: "The path.", Required: true}, mode),
			with(fn("popen", "Runs a line of shell and returns a file of what it prints or, with mode \"w\", of what it reads.", l.popen), live, "",
				interp.Param{Name: "command", Doc: "The line.", Required: true}, mode),
			with(fn("read", "Reads from the standard input file.", func(ctx context.Context, a *interp.Args) (value.Value, error) {
				return l.input().read(ctx, a.Rest)
			}), "", "formats"),
			with(fn("tmpfile", "Opens a new file without a name.", l.tmpfile), live, ""),
			with(fn("type", "Returns \"file\", \"closed file\", or nil for what is no file.", kind), "", "",
				interp.Param{Name: "value", Doc: "Any value.", Required: true}),
			with(fn("write", "Writes to the standard output file.", func(ctx context.Context, a *interp.Args) (value.Value, error) {
				return l.output().write(ctx, a, a.Rest)
			}), "", "values"),
		}}
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}

func (l *library) attr(_ context.Context, name string) (value.Value, bool) {
	switch name {
	case "stdin":
		return l.stdin, true
	case "stdout":
		return l.stdout, true
	case "stderr":
		return l.stderr, true
	}
	return nil, false
}

func (l *library) input() *file {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.in
}

func (l *library) output() *file {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out
}

func (l *library) close(ctx context.Context, a *interp.Args) (value.Value, error) {
	if a.Value("file") == nil {
		return l.output().close(ctx)
	}
	f, ok := a.Value("file").(*file)
	if !ok {
		return nil, a.Errorf("argument file: want a file, got %s", value.TypeName(a.Value("file")))
	}
	return f.close(ctx)
}

func (l *library) setInput(_ context.Context, a *interp.Args) (value.Value, error) {
	return l.set(a, &l.in, "r")
}

func (l *library) setOutput(_ context.Context, a *interp.Args) (value.Value, error) {
	return l.set(a, &l.out, "w")
}

func (l *library) set(a *interp.Args, place **file, mode string) (value.Value, error) {
	var f *file
	switch v := a.Value("file").(type) {
	case nil:
	case *file:
		f = v
	default:
		name, err := path.Arg(a, "file")
		if err == nil {
			f, err = openFile(name, mode)
		}
		if err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if f != nil {
		*place = f
	}
	return *place, nil
}

func (l *library) lines(_ context.Context, a *interp.Args) (value.Value, error) {
	if a.Value("path") == nil {
		return &lines{f: l.input()}, nil
	}
	name, err := path.Arg(a, "path")
	if err != nil {
		return nil, err
	}
	f, err := openFile(name, "r")
	if err != nil {
		return nil, err
	}
	return &lines{f: f, closes: true}, nil
}

func (l *library) open(_ context.Context, a *interp.Args) (value.Value, error) {
	name, err := path.Arg(a, "path")
	if err != nil {
		return nil, err
	}
	mode, err := a.String("mode")
	if err != nil {
		return nil, err
	}
	if _, known := modes[strings.ReplaceAll(mode, "b", "")]; !known {
		return nil, a.Errorf("argument mode: want \"r\", \"w\", \"a\", \"r+\", \"w+\" or \"a+\", got %q", mode)
	}
	f, err := openFile(name, mode)
	if err != nil {
		return failure(err), nil
	}
	return f, nil
}

func (l *library) popen(_ context.Context, a *interp.Args) (value.Value, error) {
	line, err := a.Data("command")
	if err != nil {
		return nil, err
	}
	mode, err := a.String("mode")
	if err != nil {
		return nil, err
	}
	if mode != "r" && mode != "w" {
		return nil, a.Errorf("argument mode: want \"r\" or \"w\", got %q", mode)
	}
	p, err := l.host.Programs.Pipe(line, mode == "w")
	if err != nil {
		return failure(err), nil
	}
	f := &file{name: line, pipe: p}
	if mode == "w" {
		f.out = p
	} else {
		f.input = stdio.NewInput(p)
	}
	return f, nil
}

func (l *library) tmpfile(context.Context, *interp.Args) (value.Value, error) {
	f, err := os.CreateTemp("", "")
	if err != nil {
		return failure(err), nil
	}
	_ = os.Remove(f.Name()) // it is reached by its descriptor only
	return newFile(f, true, true), nil
}

func kind(_ context.Context, a *interp.Args) (value.Value, error) {
	f, ok := a.Value("value").(*file)
	switch {
	case !ok:
		return nil, nil
	case f.isClosed():
		return "closed file", nil
	}
	return "file", nil
}
