package starlark

import (
	"context"
	"strings"

	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// library is a library module: loaded, or while its top level runs.
type library struct {
	script
	text string
	// loads are what it loaded, under the names that it used.
	loads []load
	// shipped are the sources that came with it, for its own loads.
	shipped map[string]*ship.Module
	// module is its form for shipping, made when first needed.
	module *ship.Module
	// pending is the module that its top level is waiting for.
	pending *library
	// done is closed when its top level has ended, with err.
	done chan struct{}
	err  error
}

type load struct {
	name string
	lib  *library
}

// loaded reports whether the top level is over.
func (l *library) loaded() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// LoadModule returns the library module called src.Path.
func (in *Interp) LoadModule(ctx context.Context, src interp.Source) (interp.Script, error) {
	lib, err := in.loadOwn(ctx, src, nil)
	if err != nil {
		return nil, err
	}
	return &lib.script, nil
}

// loadOwn loads a module on behalf of Go.
func (in *Interp) loadOwn(ctx context.Context, src interp.Source, shipped map[string]*ship.Module) (*library, error) {
	if lib, ok := in.libs[src.Path]; ok && lib.loaded() {
		return lib, nil
	}
	var lib *library
	_, err := in.onThread(ctx, func(th *thread) (star.Value, error) {
		var err error
		lib, err = in.loadLibrary(th, nil, src, shipped)
		return star.None, err
	})
	return lib, err
}

// load serves load statements; the importer is the file whose top level runs.
func (in *Interp) load(t *star.Thread, name string) (star.StringDict, error) {
	th := in.current
	path := t.CallFrame(0).Pos.Filename()
	importer := in.libs[path]
	if importer != nil && importer.loaded() {
		importer = nil // the main script was loaded as a library before
	}
	src, shipped, err := in.find(th, importer, path, name)
	in.current = th
	if err != nil {
		return nil, err
	}
	lib, err := in.loadLibrary(th, importer, src, shipped)
	in.current = th
	if err != nil {
		return nil, err
	}
	if importer != nil {
		importer.loads = append(importer.loads, load{name, lib})
	}
	return lib.globals, nil
}

// find returns the source of a module: what came with the importer, else what
// the Loader has.
func (in *Interp) find(th *thread, importer *library, path, name string) (interp.Source, map[string]*ship.Module, error) {
	if importer != nil {
		if m, ok := importer.shipped[name]; ok {
			return interp.Source{Path: m.Path, Text: []byte(m.Text)}, shippedLoads(m), nil
		}
	}
	if in.host.Loader == nil {
		return interp.Source{}, nil, errNoLoader
	}
	th.Unlock()
	defer th.Lock()
	src, err := in.host.Loader.Find(th.ctx, path, name, extension)
	return src, nil, err
}

func shippedLoads(m *ship.Module) map[string]*ship.Module {
	loads := make(map[string]*ship.Module, len(m.Loads))
	for _, l := range m.Loads {
		loads[l.Name] = l.Module
	}
	return loads
}

// loadLibrary returns the module, running its top level if nobody has. Another
// thread that is at it is waited for, unless that would be for ever.
func (in *Interp) loadLibrary(th *thread, importer *library, src interp.Source, shipped map[string]*ship.Module) (*library, error) {
	lib, ok := in.libs[src.Path]
	if ok && lib.loaded() {
		return lib, nil
	}
	if ok {
		if names := cycle(lib, importer); names != nil {
			return nil, value.Errorf(value.KindError, "load cycle: %s", strings.Join(names, " → "))
		}
	} else {
		lib = &library{text: cleanText(src.Text), shipped: shipped, done: make(chan struct{})}
	}
	if importer != nil {
		importer.pending = lib
		defer func() { importer.pending = nil }()
	}
	if ok {
		return lib, in.await(th, lib)
	}
	in.libs[src.Path] = lib
	lib.err = in.runLibrary(th, lib, src)
	if lib.err != nil {
		delete(in.libs, src.Path)
	}
	close(lib.done)
	return lib, lib.err
}

// cycle lists the modules from importer to itself if lib waits for it.
func cycle(lib, importer *library) []string {
	if importer == nil {
		return nil
	}
	names := []string{importer.unit.path}
	for l := lib; l != nil; l = l.pending {
		names = append(names, l.unit.path)
		if l == importer {
			return names
		}
	}
	return nil
}

func (in *Interp) await(th *thread, lib *library) error {
	th.Unlock()
	defer th.Lock()
	select {
	case <-lib.done:
		return lib.err
	case <-th.ctx.Done():
		return cancelCause(th.ctx)
	}
}

func (in *Interp) runLibrary(th *thread, lib *library, src interp.Source) error {
	u, prog, err := in.compile(src, in.predeclared(th.ctx).Has)
	lib.script = script{in: in, unit: u}
	if err != nil {
		return err
	}
	u.lib = lib
	globals, err := prog.Init(&th.t, in.predeclared(th.ctx))
	if err != nil {
		return err
	}
	globals.Freeze()
	lib.globals = globals
	return nil
}
