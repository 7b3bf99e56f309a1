package lua

import (
	"bytes"
	"context"
	"errors"
	"strings"

	glua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Interp is the Lua language of one Host.
type Interp struct {
	host *interp.Host
	// root owns what all states share; no script runs on it.
	root *glua.LState

	free     []*glua.LState                     // states ready for a call
	threads  map[*glua.LState]*thread           // what runs on a state
	marks    *marks                             // metatables of converted tables
	types    *types                             // metatables of userdata
	objects  weakCache                          // userdata of objects, by identity
	names    *builtins                          // predeclared functions and tables, by name and back
	protos   protoTable                         // where compiled functions come from
	flags    functionMarks                      // takes_router and the like
	modules  map[string]*module                 // library modules, by identity
	unrun    map[string]*ship.Module            // modules that travelled without being loaded here, by path
	slices   map[value.Hash]*glua.FunctionProto // compiled slices
	graphs   graphCache                         // decoded graphs, by root hash
	ported   portCache                          // functions that were captured before
	returned map[*glua.LTable]*module           // what modules returned
	envMeta  *glua.LTable                       // of the scopes of revived functions
	lazy     []lazyGlobal                       // predeclared values that are computed on first use
}

// Language is this one, for a Host.
func Language() interp.Language {
	return interp.Language{Name: "lua", Extension: ".lua", New: func(h *interp.Host) interp.Interp { return New(h) }}
}

// New makes the Lua world of h and registers it there. h.Modules must be complete.
func New(h *interp.Host) *Interp {
	in := &Interp{
		host:     h,
		threads:  map[*glua.LState]*thread{},
		modules:  map[string]*module{},
		unrun:    map[string]*ship.Module{},
		slices:   map[value.Hash]*glua.FunctionProto{},
		returned: map[*glua.LTable]*module{},
	}
	in.root = newRoot()
	in.marks = newMarks(in.root)
	in.types = newTypes(in)
	in.names = newBuiltins()
	in.envMeta = in.root.NewTable()
	in.envMeta.RawSetString("__index", in.root.G.Global)
	in.openBase()
	in.declareModules()
	in.declareMitogen()
	h.Register(in)
	return in
}

// newRoot makes a state whose threads are cheap: they start small and grow.
func newRoot() *glua.LState {
	L := glua.NewState(glua.Options{
		CallStackSize:       8192,
		RegistrySize:        256,
		RegistryMaxSize:     1 << 20,
		RegistryGrowStep:    512,
		SkipOpenLibs:        true,
		MinimizeStackMemory: true,
	})
	L.G.MainThread, L.G.CurrentThread = L, L
	return L
}

// Name returns "lua".
func (in *Interp) Name() string { return "lua" }

// Extension returns ".lua".
func (in *Interp) Extension() string { return ".lua" }

// FirstIndex is 1.
func (in *Interp) FirstIndex() int { return 1 }

// HasBytes is false: a string is either.
func (in *Interp) HasBytes() bool { return false }

// Run runs src as the main script.
func (in *Interp) Run(ctx context.Context, src interp.Source) (interp.Script, error) {
	c := newChunk(src.Path, scriptText(src.Text))
	proto, err := in.compile(c)
	if err != nil {
		return nil, err
	}
	if f := in.untouchedMain(proto, c); f != nil && src.Main != nil {
		if err := src.Main(f.LineDefined, (&Function{in, &glua.LFunction{Proto: f}}).ParamNames()); err != nil {
			return nil, err
		}
	}
	s := &script{in: in, chunk: c}
	s.watchMain(proto)
	defer func() { s.loaded = true }()
	_, err = in.top(ctx, in.root.NewFunctionFromProto(proto), nil)
	return s, err
}

// Eval runs a piece of code; the value of an expression is returned, and is the
// global "_" for the next piece.
func (in *Interp) Eval(ctx context.Context, src interp.Source) (value.Value, bool, error) {
	text := scriptText(src.Text)
	c := newChunk(src.Path, "return "+text)
	proto, err := in.compile(c)
	expression := err == nil
	if !expression {
		c = newChunk(src.Path, text)
		if proto, err = in.compile(c); err != nil {
			return nil, false, err
		}
	}
	results, err := in.top(ctx, in.root.NewFunctionFromProto(proto), nil)
	if err != nil || !expression {
		return nil, false, err
	}
	if len(results) > 0 && results[0] != glua.LNil {
		in.root.G.Global.RawSetString("_", results[0])
	}
	v, err := in.results(results)
	if err != nil { // it can be shown all the same
		return shown(results), true, nil
	}
	return v, true, nil
}

// shown stands for results that have no form outside Lua.
type shown []glua.LValue

// TypeName is that of the first value.
func (s shown) TypeName() string { return s[0].Type().String() }

// Show is the values' text.
func (s shown) Show() string {
	texts := make([]string, len(s))
	for i, v := range s {
		texts[i] = v.String()
	}
	return strings.Join(texts, ", ")
}

// LoadModule returns the library module src.Path, loading it if it is new.
func (in *Interp) LoadModule(ctx context.Context, src interp.Source) (interp.Script, error) {
	t := in.begin(ctx)
	defer in.end(t, true)
	m, err := in.load(t, src, nil)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Check compiles src only.
func (in *Interp) Check(src interp.Source) error {
	_, err := parseAndCompile(src.Path, scriptText(src.Text))
	return err
}

// compile makes the chunk's function and notes where each function in it stands.
func (in *Interp) compile(c *chunk) (*glua.FunctionProto, error) {
	proto, err := parseAndCompile(c.path, c.text)
	if err != nil {
		return nil, err
	}
	in.protos.add(c, proto)
	return proto, nil
}

func parseAndCompile(path, text string) (*glua.FunctionProto, error) {
	stmts, err := parse.Parse(strings.NewReader(text), path)
	if err != nil {
		return nil, syntaxError(path, text, err)
	}
	proto, err := glua.Compile(stmts, path)
	if err != nil {
		return nil, syntaxError(path, text, err)
	}
	return proto, nil
}

func syntaxError(path, text string, err error) *interp.SyntaxError {
	out := &interp.SyntaxError{Path: path, Message: err.Error()}
	var pe *parse.Error
	var ce *glua.CompileError
	switch {
	case errors.As(err, &pe):
		out.Line, out.Col, out.Message = pe.Pos.Line, pe.Pos.Column, pe.Message
		if pe.Pos.Line == parse.EOF {
			out.Line, out.Col = strings.Count(text, "\n")+1, 0
			out.Message += " at the end of the script"
		} else if pe.Token != "" {
			out.Message += " near " + pe.Token
		}
	case errors.As(err, &ce):
		out.Line, out.Message = ce.Line, ce.Message
	}
	return out
}

// Text is the text of a script as it is compiled: without what stands before its
// first line of code, the lines keeping their numbers.
func Text(src interp.Source) string { return scriptText(src.Text) }

// Predeclared lists the global names that every script has.
func (in *Interp) Predeclared() []string {
	in.resolveLazy(context.Background())
	var names []string
	in.root.G.Global.ForEach(func(k, _ glua.LValue) { names = append(names, k.String()) })
	return append(names, "arg")
}

// Members lists what a predeclared module or object has, by its dotted name; ok is
// false for all else.
func (in *Interp) Members(dotted string) (names []string, ok bool) {
	in.resolveLazy(context.Background())
	switch v := in.names.values[dotted].(type) {
	case *glua.LTable:
		if dotted == stateName || dotted == "_G" || dotted == "package" || dotted == "arg" {
			return nil, false
		}
		v.ForEach(func(k, _ glua.LValue) { names = append(names, k.String()) })
		if m := in.names.moduleOf[v]; m != nil {
			names = append(names, m.AttrNames...)
		}
		return names, true
	case *glua.LUserData:
		if o, ok := v.Value.(interp.Object); ok {
			for _, name := range o.AttrNames() {
				names = append(names, luaName(name))
			}
			return names, true
		}
	}
	return nil, false
}

// scriptText is the text without its byte order mark and its #! line; lines keep
// their numbers.
func scriptText(b []byte) string {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(b, []byte("#!")) {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return ""
		}
		b = b[i:]
	}
	return string(b)
}
