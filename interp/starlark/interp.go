package starlark

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	star "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

const (
	langName  = "starlark"
	extension = ".star"
)

// Interp runs Starlark. All its state is guarded by the Host's Lock, but for the
// side tables, which have locks of their own.
type Interp struct {
	host *interp.Host
	env  environment
	// current is the thread whose code is running.
	current *thread
	// spare are threads that have ended well.
	spare []*thread
	// methods are those that all objects of a type share, bound to none.
	methods map[*interp.Func]*star.Builtin
	// printFunc and loadFunc are print and load, for every thread.
	printFunc func(*star.Thread, string)
	loadFunc  func(*star.Thread, string) (star.StringDict, error)
	// names are those that Eval's pieces see: the environment and their own.
	names star.StringDict
	// libs are the library modules by identity, loaded or being loaded.
	libs map[string]*library

	units  sideTable[star.Program, *unit]
	marks  sideTable[star.Function, interp.Marks]
	dicts  sideTable[star.Dict, *value.Chunk]
	lists  sideTable[star.List, *value.Chunk]
	ported bounded[*star.Function, *portedFunc]
	grafts bounded[value.Hash, *graft]
	graphs bounded[value.Hash, *shippedGraph]
}

// Language is this one, for a Host.
func Language() interp.Language {
	return interp.Language{Name: "starlark", Extension: ".star", New: func(h *interp.Host) interp.Interp { return New(h) }}
}

// New makes a Starlark for the Host and registers it there. The Host's Modules
// must be complete.
func New(h *interp.Host) *Interp {
	in := &Interp{host: h, libs: map[string]*library{}, methods: map[*interp.Func]*star.Builtin{}}
	in.ported.limit, in.grafts.limit, in.graphs.limit = 256, 1024, 64
	in.spare = make([]*thread, 0, 2)
	in.printFunc, in.loadFunc = in.print, in.load
	in.env.build(in)
	h.Register(in)
	return in
}

// Name is "starlark".
func (in *Interp) Name() string { return langName }

// Extension is ".star".
func (in *Interp) Extension() string { return extension }

// FirstIndex is 0.
func (in *Interp) FirstIndex() int { return 0 }

// HasBytes is true.
func (in *Interp) HasBytes() bool { return true }

// fileOptions is the dialect of every script.
func fileOptions() *syntax.FileOptions {
	return &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}
}

// script is a main script or a module whose top level was run.
type script struct {
	in      *Interp
	unit    *unit
	globals star.StringDict
}

func (s *script) Path() string { return s.unit.path }

func (s *script) Global(name string) (interp.Callable, bool) {
	c, ok := s.globals[name].(star.Callable)
	if !ok {
		return nil, false
	}
	return s.in.callable(c), true
}

func (s *script) Functions() []string {
	return interp.FunctionNames(s, sortedKeys(s.globals))
}

func (s *script) Called(name string) bool { return s.unit.callsAtTop(name) }

// Run compiles src and runs its top level as the main script.
func (in *Interp) Run(ctx context.Context, src interp.Source) (interp.Script, error) {
	u, prog, err := in.compile(src, in.predeclared(ctx).Has)
	if err != nil {
		return nil, err
	}
	if def := u.untouched("main"); def != nil && src.Main != nil {
		if err := src.Main(int(def.Def.Line), paramNames(def)); err != nil {
			return nil, err
		}
	}
	s := &script{in: in, unit: u}
	_, err = in.onThread(ctx, func(th *thread) (star.Value, error) {
		var err error
		s.globals, err = prog.Init(&th.t, in.predeclared(ctx))
		return star.None, err
	})
	return s, err
}

// Check compiles src without running it.
func (in *Interp) Check(src interp.Source) error {
	_, err := parse(src, in.predeclared(context.Background()).Has)
	return err
}

// resultName holds the value of an expression given to Eval; no script can spell it.
const resultName = "$result"

// lastName is the value of the last expression given to Eval, unless it was None.
const lastName = "_"

// Eval runs a piece of code. Each piece is a unit of its own; what it defines is
// predeclared for the next, and the value of an expression is "_" there.
func (in *Interp) Eval(ctx context.Context, src interp.Source) (value.Value, bool, error) {
	if in.names == nil {
		in.names = star.StringDict{}
	}
	for name, v := range in.predeclared(ctx) {
		if _, ok := in.names[name]; !ok {
			in.names[name] = v
		}
	}
	file, err := fileOptions().Parse(src.Path, cleanText(src.Text), 0)
	if err != nil {
		return nil, false, syntaxError(src.Path, err)
	}
	isExpr := captureResult(file)
	u, prog, err := in.compileFile(src, file, in.names.Has)
	if err != nil {
		return nil, false, err
	}
	u.late = true
	var globals star.StringDict
	_, err = in.onThread(ctx, func(th *thread) (star.Value, error) {
		var err error
		globals, err = prog.Init(&th.t, in.names)
		return star.None, err
	})
	result := globals[resultName]
	delete(globals, resultName)
	maps.Copy(in.names, globals)
	if err != nil || !isExpr {
		return nil, false, err
	}
	if result != star.None {
		in.names[lastName] = result
	}
	v, err := in.fromStarlark(result, "result")
	if err != nil { // it can be shown all the same
		return value.Value(shown{result}), true, nil
	}
	return v, true, nil
}

// captureResult makes a piece that is one expression assign its value.
func captureResult(file *syntax.File) bool {
	if len(file.Stmts) != 1 {
		return false
	}
	stmt, ok := file.Stmts[0].(*syntax.ExprStmt)
	if !ok {
		return false
	}
	start, _ := stmt.Span()
	file.Stmts[0] = &syntax.AssignStmt{
		OpPos: start, Op: syntax.EQ,
		LHS: &syntax.Ident{NamePos: start, Name: resultName}, RHS: stmt.X,
	}
	return true
}

// shown stands for a result that has no form outside Starlark.
type shown struct{ v star.Value }

// TypeName is that of the value.
func (s shown) TypeName() string { return s.v.Type() }

// Show is the value's text.
func (s shown) Show() string { return s.v.String() }

// predeclared is the environment of scripts and modules.
func (in *Interp) predeclared(ctx context.Context) star.StringDict {
	in.env.complete(ctx, in)
	return in.env.dict
}

func (in *Interp) print(_ *star.Thread, msg string) {
	if in.host.Stdout != nil {
		_, _ = io.WriteString(in.host.Stdout, msg+"\n")
	}
}

// Parse reads a script without resolving its names. Its errors are those of package
// syntax.
func Parse(src interp.Source) (*syntax.File, error) {
	return fileOptions().Parse(src.Path, cleanText(src.Text), 0)
}

// Text is the text of a script as positions in it count.
func Text(src interp.Source) string { return cleanText(src.Text) }

// Universal reports whether name is one of the language itself.
func Universal(name string) bool { return star.Universe.Has(name) }

// Predeclared lists the names that every script has besides the language's own.
func (in *Interp) Predeclared() []string {
	return sortedKeys(in.predeclared(context.Background()))
}

// Members lists what a predeclared module or object has, by its dotted name; ok is
// false for all else.
func (in *Interp) Members(dotted string) (names []string, ok bool) {
	in.predeclared(context.Background())
	switch v := in.env.byName[dotted].(type) {
	case *moduleValue, *callableModule, goObject:
		return v.(star.HasAttrs).AttrNames(), true
	}
	return nil, false
}

// cleanText gives newlines one form, so that positions and bytes agree, and takes a
// byte order mark away.
func cleanText(text []byte) string {
	s := strings.TrimPrefix(string(text), "\ufeff")
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

var errNoLoader = errors.New("there is no loader of library code here")
