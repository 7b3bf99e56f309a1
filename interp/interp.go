package interp

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Interp is one script language. Its methods need the Host's Lock.
type Interp interface {
	// Name is the language's name: "starlark" or "lua".
	Name() string
	// Extension is that of its files: ".star" or ".lua".
	Extension() string
	// FirstIndex is what scripts call the first item of a list: 0, or 1 in Lua.
	FirstIndex() int
	// HasBytes reports whether text and bytes are two types: not in Lua.
	HasBytes() bool
	// Run compiles src and runs its top level as the main script. A *SyntaxError
	// means that nothing ran; any other error is the script's own, with its
	// traceback. The Script is returned whenever it compiled.
	Run(ctx context.Context, src Source) (Script, error)
	// Eval runs a piece of code whose names live on in the next (-c, the REPL).
	// If code is an expression its value is returned with true, and "_" is that value
	// in the next piece, unless it was nothing.
	Eval(ctx context.Context, src Source) (value.Value, bool, error)
	// LoadModule returns the library module called identity (Source.Path), from
	// src if it is not loaded yet. Its top level runs once in a process.
	LoadModule(ctx context.Context, src Source) (Script, error)
	// Revive makes a function of this language from a shipped one. fetch returns
	// chunks by hash; each result is checked against its hash by fetch.
	Revive(ctx context.Context, f *value.Func, fetch Fetch) (Callable, error)
	// Check compiles src without running it and returns a *SyntaxError or nil.
	Check(src Source) error
}

// Fetch returns a chunk's data by hash, waiting for it if it must.
type Fetch func(ctx context.Context, h value.Hash) ([]byte, error)

// Source is the text of a script.
type Source struct {
	// Path is shown in tracebacks and is the identity of a library module: its
	// resolved file.
	Path string
	Text []byte
	// Main, if not nil, is asked before anything of a main script runs whether its
	// function main, with these parameters at this line, may be called. It is asked
	// only where the text shows that the top level defines main and does no more with
	// it; its error is that of the run.
	Main func(line int, params []string) error
}

// Script is a script whose top level was run: the main script or a module.
type Script interface {
	// Path is that of its Source.
	Path() string
	// Global returns the function of that name that the top level defined.
	Global(name string) (Callable, bool)
	// Functions are the names of the functions that the top level defined as
	// globals, in the order of their text.
	Functions() []string
	// Called reports whether the top level called (or handed to mitogen.main)
	// the function of that name.
	Called(name string) bool
}

// FunctionNames are those of names that are functions of s from its own file, in the
// order of their text: Script.Functions for the languages.
func FunctionNames(s Script, names []string) []string {
	line := map[string]int{}
	for _, name := range names {
		if fn, ok := s.Global(name); ok {
			if file, at := fn.Where(); file == s.Path() {
				line[name] = at
			}
		}
	}
	return slices.SortedFunc(maps.Keys(line), func(a, b string) int {
		return cmp.Or(line[a]-line[b], strings.Compare(a, b))
	})
}

// Callable is a script function in Go's hands. It travels: it is a value.Porter.
type Callable interface {
	value.Porter
	// FuncName is the function's name, "lambda" or "function" if it has none.
	FuncName() string
	// Where is the place of its definition.
	Where() (file string, line int)
	// ParamNames lists its named parameters; variadic ones are left out.
	ParamNames() []string
	// Variadic reports whether it takes positional arguments beyond its named
	// parameters, or that is not known: of a function that is not a script's.
	Variadic() bool
	// Call runs it. On a thread of its own, unless ctx is that of a running
	// script thread of its language (as in a Func's Impl): then on that thread.
	// Errors are *value.Error with the script's traceback.
	Call(ctx context.Context, args []value.Value, kwargs []value.Field) (value.Value, error)
	// Mark sets a mark (MarkRouter, MarkEcontext) that travels with it.
	Mark(Marks)
	// Marks returns the marks set.
	Marks() Marks
	// Same reports whether other is the same function.
	Same(other Callable) bool
}

// Marks say which keywords a function receives when a call message invokes it.
type Marks uint8

// Set by mitogen.takes_router and mitogen.takes_econtext.
const (
	MarkRouter Marks = 1 << iota
	MarkEcontext
)

// SyntaxError says that a script does not parse or resolve.
type SyntaxError struct {
	Path      string
	Line, Col int // from 1; Col 0 if unknown
	Message   string
}

// Error gives "path:line:col: message".
func (e *SyntaxError) Error() string { return formatPlace(e.Path, e.Line, e.Col) + ": " + e.Message }

// Loader finds the source of library modules: on disk in the master, from what
// was shipped in a child.
type Loader interface {
	// Find resolves name, as the script importer (a path; "" for none) wrote it,
	// for the language with that extension. A module that does not exist is an
	// error that says where it was looked for.
	Find(ctx context.Context, importer, name, extension string) (Source, error)
}

// LocalLoader is a Loader that waits for no other context. What a script may load
// later is then found before it is sent, and goes with it.
type LocalLoader interface {
	Loader
	// Local does nothing.
	Local()
}

type callerKey struct{}

// WithCaller notes in ctx which language calls. The languages do so for SetAttr.
func WithCaller(ctx context.Context, in Interp) context.Context {
	return context.WithValue(ctx, callerKey{}, in)
}

// TellsTextFromBytes reports whether the language that calls has a type for each;
// one that is not known has not.
func TellsTextFromBytes(ctx context.Context) bool {
	in, ok := ctx.Value(callerKey{}).(Interp)
	return ok && in.HasBytes()
}
