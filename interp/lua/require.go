package lua

import (
	"maps"
	"slices"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// module is a library module. It implements interp.Script.
type module struct {
	in    *Interp
	chunk *chunk
	// result is what its top level returned (true for nothing).
	result glua.LValue
	// defined are the global functions that its top level set.
	defined map[string]glua.LValue
	done    chan struct{} // closed when its load has ended
	err     error         // why its top level failed
	port    *ship.Module
	// announced is the form in which it came last, nil if it did not.
	announced *ship.Module
}

// Path is the module's identity.
func (m *module) Path() string { return m.chunk.path }

// Functions are those that Global finds.
func (m *module) Functions() []string {
	names := slices.Collect(maps.Keys(m.defined))
	if t, ok := m.result.(*glua.LTable); ok {
		names = append(names, textKeys(t)...)
	}
	return interp.FunctionNames(m, names)
}

// Global returns a function of the table that the module returned, else one
// that its top level defined as a global.
func (m *module) Global(name string) (interp.Callable, bool) {
	return m.in.global(m.member(name))
}

func (m *module) member(name string) glua.LValue {
	if t, ok := m.result.(*glua.LTable); ok {
		if v := t.RawGetString(name); v != glua.LNil {
			return v
		}
	}
	if v, ok := m.defined[name]; ok {
		return v
	}
	return glua.LNil
}

// Called is false: a module's functions are not started by themselves.
func (m *module) Called(string) bool { return false }

// require is Lua's, with the Host's Loader in the place of package.path.
func (in *Interp) require(L *glua.LState) int {
	name := L.CheckString(1)
	if v, ok := in.standard(L, name); ok {
		L.Push(v)
		return 1
	}
	t := in.threadOf(L)
	importer := in.importer(L)
	m := in.known(importer, name)
	if m == nil {
		m = in.find(t, L, importer, name)
	}
	if importer != nil {
		if importer.loads == nil {
			importer.loads = map[string]*module{}
		}
		importer.loads[name] = m
	}
	L.Push(m.result)
	return 1
}

// standard finds predeclared modules, Lua's own libraries and what the script
// put into package.loaded or package.preload.
func (in *Interp) standard(L *glua.LState, name string) (glua.LValue, bool) {
	if t, ok := in.names.values[name].(*glua.LTable); ok {
		return t, true
	}
	pkg := in.names.values["package"]
	if t, ok := L.GetField(pkg, "loaded").(*glua.LTable); ok {
		if v := t.RawGetString(name); v != glua.LNil {
			return v, true
		}
	}
	preload, ok := L.GetField(pkg, "preload").(*glua.LTable)
	if !ok || preload.RawGetString(name) == glua.LNil {
		return nil, false
	}
	L.Push(preload.RawGetString(name))
	L.Push(glua.LString(name))
	L.Call(1, 1)
	v := L.Get(-1)
	L.Pop(1)
	if v == glua.LNil {
		v = glua.LTrue
	}
	L.SetField(L.GetField(pkg, "loaded"), name, v)
	return v, true
}

// importer is the chunk of the code that calls require.
func (in *Interp) importer(L *glua.LState) *chunk {
	for level := 0; ; level++ {
		dbg, ok := L.GetStack(level)
		if !ok {
			return nil
		}
		if f, _, ok := position(L, dbg); ok {
			if o := in.protos.of(f); o != nil {
				return o.chunk
			}
		}
	}
}

func (in *Interp) known(importer *chunk, name string) *module {
	if importer == nil {
		return nil
	}
	if m := importer.loads[name]; m != nil && m.result != nil {
		return m
	}
	return nil
}

func (in *Interp) find(t *thread, L *glua.LState, importer *chunk, name string) *module {
	path := ""
	if importer != nil {
		path = importer.path
		if m := importer.loads[name]; m != nil {
			return in.mustLoad(t, L, interp.Source{Path: m.chunk.path, Text: []byte(m.chunk.text)})
		}
	}
	if in.host.Loader == nil {
		in.throw(L, value.Errorf(value.KindError, "module %s not found: nothing loads modules here", name))
	}
	s := &site{t: t, L: L}
	s.Unlock()
	src, err := in.host.Loader.Find(t.ctx, path, name, in.Extension())
	s.Lock()
	if err != nil {
		in.throw(L, err)
	}
	return in.mustLoad(t, L, src)
}

func (in *Interp) mustLoad(t *thread, L *glua.LState, src interp.Source) *module {
	m, err := in.load(t, src, L)
	if err != nil {
		in.throw(L, err)
	}
	return m
}

// load returns the module src.Path, running its top level if it is new. L is the
// state of the script that requires it, nil if Go does.
func (in *Interp) load(t *thread, src interp.Source, L *glua.LState) (*module, error) {
	m := in.modules[src.Path]
	if m == nil || (m.result == nil && m.done == nil) {
		return in.loadNew(t, src, m)
	}
	for i, other := range t.loading {
		if other == m {
			return nil, cycle(t.loading[i:], m)
		}
	}
	if m.result == nil && m.err == nil {
		s := &site{t: t, L: L}
		s.Unlock()
		select {
		case <-m.done:
		case <-t.ctx.Done():
		}
		s.Lock()
	}
	if m.result == nil && m.err == nil {
		return nil, value.AsError(t.ctx.Err())
	}
	return m, m.err
}

func cycle(path []*module, m *module) error {
	names := make([]string, 0, len(path)+1)
	for _, p := range path {
		names = append(names, p.Path())
	}
	return value.Errorf(value.KindError, "modules require each other: %s", strings.Join(append(names, m.Path()), " → "))
}

// loadNew runs a module's top level; known is its entry if it was shipped ahead.
func (in *Interp) loadNew(t *thread, src interp.Source, m *module) (*module, error) {
	if m == nil {
		m = &module{in: in, chunk: newChunk(src.Path, scriptText(src.Text))}
		m.chunk.module = m
	}
	proto, err := in.compile(m.chunk)
	if err != nil {
		return nil, err
	}
	in.modules[src.Path] = m
	m.done = make(chan struct{})
	t.loading = append(t.loading, m)
	n := in.begin(t.ctx)
	results, failed := n.call(in.root.NewFunctionFromProto(proto), nil)
	in.end(n, failed == nil)
	t.loading = t.loading[:len(t.loading)-1]
	defer close(m.done)
	if failed != nil {
		m.err = in.goError(t.ctx, failed)
		delete(in.modules, src.Path)
		return nil, m.err
	}
	m.result = glua.LTrue
	if len(results) > 0 && results[0] != glua.LNil {
		m.result = results[0]
	}
	if t, ok := m.result.(*glua.LTable); ok {
		in.returned[t] = m
	}
	m.define(proto)
	return m, nil
}

// define notes the global functions that the top level set, before another
// module gives the same names to its own.
func (m *module) define(root *glua.FunctionProto) {
	m.defined = map[string]glua.LValue{}
	for _, inst := range root.Code {
		if int(inst>>26) != glua.OP_SETGLOBAL {
			continue
		}
		if name, ok := root.Constants[inst&0x3ffff].(glua.LString); ok {
			m.defined[string(name)] = m.in.root.G.Global.RawGetString(string(name))
		}
	}
}
