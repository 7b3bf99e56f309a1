package lua

import (
	"context"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Function is a Lua function in Go's hands. It implements interp.Callable.
type Function struct {
	in *Interp
	fn *glua.LFunction
}

var _ interp.Callable = (*Function)(nil)

// FuncName returns the function's name as it stands in the script.
func (f *Function) FuncName() string {
	if f.fn.IsG {
		if name, ok := f.in.names.nameOf[f.fn]; ok {
			return name
		}
		return "function"
	}
	return f.in.protos.name(f.fn.Proto)
}

// Where returns the place of its definition.
func (f *Function) Where() (file string, line int) {
	if f.fn.IsG {
		return "", 0
	}
	return f.fn.Proto.SourceName, f.fn.Proto.LineDefined
}

// ParamNames returns its named parameters, self among them.
func (f *Function) ParamNames() []string {
	if f.fn.IsG {
		return nil
	}
	p := f.fn.Proto
	names := make([]string, p.NumParameters)
	for i := range names {
		names[i] = p.DbgLocals[i].Name
	}
	return names
}

// Variadic reports whether it takes "...", or is not written in Lua.
func (f *Function) Variadic() bool { return f.fn.IsG || f.fn.Proto.IsVarArg != 0 }

// Call runs the function on a state of its own. Keyword arguments arrive as one
// plain table after the positional ones.
func (f *Function) Call(ctx context.Context, args []value.Value, kwargs []value.Field) (value.Value, error) {
	lvs := make([]glua.LValue, 0, len(args)+1)
	for _, a := range args {
		lvs = append(lvs, f.in.toLua(a))
	}
	if len(kwargs) > 0 {
		lvs = append(lvs, f.in.keywords(kwargs))
	}
	results, err := f.in.top(ctx, f.fn, lvs)
	if err != nil {
		return nil, err
	}
	return f.in.results(results)
}

// Mark adds marks that travel with the function.
func (f *Function) Mark(m interp.Marks) { f.in.flags.add(f.fn, m) }

// Marks returns the marks set.
func (f *Function) Marks() interp.Marks { return f.in.flags.get(f.fn) }

// Same reports whether other is the same Lua function.
func (f *Function) Same(other interp.Callable) bool {
	o, ok := other.(*Function)
	return ok && o.fn == f.fn
}

// script is the main script.
type script struct {
	in     *Interp
	chunk  *chunk
	loaded bool // its top level is done
	called bool // main ran before that
}

// Path returns the script's path.
func (s *script) Path() string { return s.chunk.path }

// Global returns the global function of that name, if a script defined it.
func (s *script) Global(name string) (interp.Callable, bool) {
	return s.in.global(s.in.root.G.Global.RawGetString(name))
}

// Functions are the global functions of the script's file.
func (s *script) Functions() []string {
	return interp.FunctionNames(s, textKeys(s.in.root.G.Global))
}

func textKeys(t *glua.LTable) []string {
	var keys []string
	t.ForEach(func(key, _ glua.LValue) {
		if name, ok := key.(glua.LString); ok {
			keys = append(keys, string(name))
		}
	})
	return keys
}

func (in *Interp) global(v glua.LValue) (interp.Callable, bool) {
	fn, ok := v.(*glua.LFunction)
	if !ok || fn.IsG {
		return nil, false
	}
	return &Function{in, fn}, true
}

// Called reports whether main ran while the top level did; other names are not watched.
func (s *script) Called(name string) bool { return name == mainName && s.called }

const mainName = "main"

// untouchedMain returns the function main that a chunk defines at the start of a line,
// if nothing else in the chunk names it.
func (in *Interp) untouchedMain(root *glua.FunctionProto, c *chunk) *glua.FunctionProto {
	var main *glua.FunctionProto
	for _, f := range root.FunctionPrototypes {
		if o := in.protos.of(f); o != nil && o.span != nil && o.span.name == mainName {
			if main != nil || o.span.start > 0 && c.text[o.span.start-1] != '\n' {
				return nil
			}
			main = f
		}
	}
	if main == nil || mentions(root, mainName) != 1 {
		return nil
	}
	return main
}

// mentions counts the instructions of a function, and of those inside it, that may use
// a name as a variable or a field.
func mentions(f *glua.FunctionProto, name string) int {
	n := 0
	for i, k := range f.Constants {
		if k != glua.LString(name) {
			continue
		}
		for _, inst := range f.Code {
			used := false
			switch int(inst >> 26) {
			case glua.OP_GETGLOBAL, glua.OP_SETGLOBAL, glua.OP_LOADK:
				used = int(inst&0x3ffff) == i
			case glua.OP_GETTABLE, glua.OP_GETTABLEKS, glua.OP_SELF:
				const constant = 1 << 8
				used = int(inst>>9&0x1ff) == i|constant
			}
			if used {
				n++
			}
		}
	}
	for _, inner := range f.FunctionPrototypes {
		n += mentions(inner, name)
	}
	return n
}

// watchMain makes main note that it was called, by a call of Go code in front of
// its own.
func (s *script) watchMain(root *glua.FunctionProto) {
	note := s.in.root.NewFunction(func(*glua.LState) int {
		s.called = s.called || !s.loaded
		return 0
	})
	for _, f := range root.FunctionPrototypes {
		o := s.in.protos.of(f)
		if o == nil || o.span == nil || (o.span.name != mainName && o.span.assigned != mainName) {
			continue
		}
		prepend(f, note)
	}
}

// prepend puts a call of fn in front of f's code.
func prepend(f *glua.FunctionProto, fn *glua.LFunction) {
	const words = 2
	reg := uint32(f.NumUsedRegisters)
	f.NumUsedRegisters += 2
	constant := uint32(len(f.Constants))
	f.Constants = append(f.Constants, fn)
	head := []uint32{
		uint32(glua.OP_LOADK)<<26 | reg<<18 | constant,
		uint32(glua.OP_CALL)<<26 | reg<<18 | 1<<9 | 1, // no arguments, no results
	}
	f.Code = append(head, f.Code...)
	f.DbgSourcePositions = append([]int{f.LineDefined, f.LineDefined}, f.DbgSourcePositions...)
	for _, l := range f.DbgLocals {
		l.StartPc += words
		l.EndPc += words
	}
	for i := range f.DbgCalls {
		f.DbgCalls[i].Pc += words
	}
}
