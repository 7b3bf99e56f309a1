package interptest

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"sync"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// World is a master and its child.
type World struct {
	Master, Child *Process

	mu       sync.Mutex
	recorded []string
	chunks   map[value.Hash][]byte
}

// Process is the scripts of one context.
type Process struct {
	Host   *interp.Host
	Interp interp.Interp

	world *World
	name  string
}

// NewWorld makes a master that has the language's files and a child that has none.
func NewWorld(lang Language) *World {
	w := &World{chunks: map[value.Hash][]byte{}}
	w.Master = w.process("master", lang, fsLoader{lang.Files})
	w.Child = w.process("web1", lang, fsLoader{})
	return w
}

func (w *World) process(name string, lang Language, loader interp.Loader) *Process {
	p := &Process{world: w, name: name}
	p.Host = &interp.Host{Loader: loader, Bind: bindRef}
	p.Host.Modules = p.modules()
	interp.Seal(p.Host.Modules)
	p.Interp = lang.New(p.Host)
	return p
}

// Recorded returns the lines that t.record was given, in both processes.
func (w *World) Recorded() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.recorded
}

func (w *World) record(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recorded = append(w.recorded, line)
}

// Fetch returns a chunk that was sent.
func (w *World) Fetch(_ context.Context, h value.Hash) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	data, ok := w.chunks[h]
	if !ok {
		return nil, fmt.Errorf("no chunk %s", h)
	}
	return data, nil
}

// Call calls fn in the child, as a call message would. The caller holds the
// master's lock, which is let go of by release while the child is at work.
func (w *World) Call(ctx context.Context, fn interp.Callable, args []value.Value, kwargs []value.Field, unlocked func(func())) (value.Value, error) {
	form, err := fn.Port()
	if err != nil {
		return nil, err
	}
	message := value.List{form, value.List(args), &value.Struct{Name: "kwargs", Fields: kwargs}}
	data, err := w.encode("args", message)
	if err != nil {
		return nil, err
	}
	var result value.Value
	unlocked(func() { result, err = w.Child.receive(ctx, data) })
	return result, err
}

func (w *World) encode(root string, v value.Value) ([]byte, error) {
	var e codec.Encoder
	if err := e.Value(root, v); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range e.Funcs {
		for _, c := range f.Chunks {
			w.chunks[c.Hash] = c.Data
		}
	}
	return e.Buf, nil
}

// receive runs a call that arrived and sends its result back.
func (p *Process) receive(ctx context.Context, data []byte) (value.Value, error) {
	p.Host.Lock.Lock()
	defer p.Host.Lock.Unlock()
	v, err := p.dispatch(context.WithoutCancel(ctx), data)
	if err != nil {
		cause := value.AsError(err)
		return nil, &value.Error{Kind: value.KindCall, Message: cause.Message, Context: p.name, Cause: cause}
	}
	e := codec.Encoder{NoFuncs: true}
	if err := e.Value("result", v); err != nil {
		return nil, err
	}
	return codec.Decode(e.Buf, codec.Limits{Resolve: p.resolve})
}

func (p *Process) dispatch(ctx context.Context, data []byte) (value.Value, error) {
	message, err := codec.Decode(data, codec.Limits{Funcs: true, Resolve: p.resolve})
	if err != nil {
		return nil, err
	}
	parts := message.(value.List)
	fn, ok := parts[0].(interp.Callable)
	if !ok {
		return nil, value.Errorf(value.KindError, "a function was expected")
	}
	return fn.Call(ctx, parts[1].(value.List), parts[2].(*value.Struct).Fields)
}

// resolve makes live what arrives as a reference.
func (p *Process) resolve(v value.Value) (value.Value, error) {
	f, ok := v.(*value.Func)
	if !ok {
		if o, ok := bindRef(v); ok {
			return o, nil
		}
		return v, nil
	}
	if f.Lang == "" {
		f = &value.Func{Lang: p.Interp.Name(), Name: f.Name, Builtin: f.Builtin}
	}
	return p.Host.Revive(context.Background(), f, p.world.Fetch)
}

// fsLoader finds modules below the root of a file system, by path or, as Lua
// does, with dots; without one it finds nothing.
type fsLoader struct{ fsys fs.FS }

func (l fsLoader) Find(_ context.Context, _, name, ext string) (interp.Source, error) {
	file := path.Clean(name)
	if path.Ext(file) != ext {
		file = dotted(file) + ext
	}
	if l.fsys == nil {
		return interp.Source{}, value.Errorf(value.KindError, "there is no %s: nothing is loaded here", name)
	}
	text, err := fs.ReadFile(l.fsys, file)
	if err != nil {
		return interp.Source{}, value.Errorf(value.KindError, "there is no %s", file)
	}
	return interp.Source{Path: file, Text: text}, nil
}

func dotted(name string) string {
	out := []byte(name)
	for i, c := range out {
		if c == '.' {
			out[i] = '/'
		}
	}
	return string(out)
}
