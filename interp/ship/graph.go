package ship

import (
	"sync/atomic"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Ref is the index of a node in Graph.Nodes.
type Ref int

// None is the Ref of nothing: an unassigned cell or global, no default, no metatable.
const None Ref = -1

// Graph is a function and everything that it refers to.
type Graph struct {
	// Lang is the language of the function: "starlark" or "lua".
	Lang string
	// Name is what errors call the function.
	Name  string
	Nodes []Node
	// Root is the function's node.
	Root Ref
}

// Node is one of the pointer types below.
type Node interface{ node() }

// Data is a value without functions inside and shared by nothing else.
type Data struct {
	// Value is a whole tree of the closed set. Encode ignores it if Chunk is set;
	// Decode sets it always.
	Value value.Value
	// Chunk holds the encoded value instead: frozen data of some size, which the
	// language encodes once (DataChunk) and keeps.
	Chunk *value.Chunk
	// Frozen says that it may not be changed in the child either.
	Frozen bool
}

// Func is a function that travels by value.
type Func struct {
	// Source is its slice. Equal slices share one *Source.
	Source *Source
	// Names are the globals that it refers to, in the order of Source.Names; None
	// for those that have no value.
	Names []Ref
	// Cells are the captured variables, in the order of Source.Cells. Each is the
	// Ref of a Cell.
	Cells []Ref
	// Defaults are the evaluated defaults of its parameters, None for those
	// without, in order. Lua has none.
	Defaults []Ref
	// Marks are its interp.Marks.
	Marks uint8
}

// Source is a slice of a script: the text of one function, and what is needed to
// compile it where it stood. It is not changed once it was encoded.
type Source struct {
	Path string
	// Line and Col are those of the first character (from 1).
	Line, Col int
	Text      string
	// Name is the function's own name, "" for a lambda.
	Name string
	// Names and Cells are its globals and captured variables.
	Names, Cells []string
	// Params is the number of parameters that have a default value slot.
	Params int
	// Options are the language's own compile options.
	Options uint32
	// Form is the language's own note of what the slice is (def, lambda, method …).
	Form string
	// Loads are the modules that it may load while it runs, under the names that it
	// uses for them.
	Loads []Load

	form atomic.Pointer[chunkForm]
}

// Cell is a captured variable. Functions that share it share the node.
type Cell struct {
	// Value is None while the variable is unassigned.
	Value Ref
}

// Seq is a list, tuple or set.
type Seq struct {
	Kind   SeqKind
	Items  []Ref
	Frozen bool
}

// SeqKind tells a Seq's type.
type SeqKind uint8

// The kinds of Seq.
const (
	List SeqKind = iota
	Tuple
	Set
)

// Map is a dict, a struct or a Lua table.
type Map struct {
	Kind MapKind
	// Name is a struct's constructor.
	Name       string
	Keys, Vals []Ref
	// Meta is a Lua table's metatable, else None.
	Meta   Ref
	Frozen bool
}

// MapKind tells a Map's type.
type MapKind uint8

// The kinds of Map.
const (
	Dict MapKind = iota
	Struct
	Table
)

// Builtin is a function or module of the standard library or of the language, by
// its dotted name; it means the child's own. "router", "mitogen" and
// "mitogen.state" travel this way too.
type Builtin struct{ Name string }

// Method is a function of a value: items.append.
type Method struct {
	Recv Ref
	Name string
}

// ModuleRef is a library module (Name == "") or a top-level function of it.
type ModuleRef struct {
	Module *Module
	Name   string
	// Marks are the interp.Marks of a function.
	Marks uint8
}

// Module is the source of a library module with what it loads in turn. It is not
// changed once it was encoded, and modules do not load each other in a circle.
type Module struct {
	Lang string
	// Path is its identity.
	Path string
	Text string
	// Loads are the modules it loads, under the names that it uses for them.
	Loads []Load

	form atomic.Pointer[chunkForm]
}

// Load is one module loaded by another.
type Load struct {
	Name   string
	Module *Module
}

// Foreign is a function of another language.
type Foreign struct{ Func *value.Func }

func (*Data) node()      {}
func (*Func) node()      {}
func (*Cell) node()      {}
func (*Seq) node()       {}
func (*Map) node()       {}
func (*Builtin) node()   {}
func (*Method) node()    {}
func (*ModuleRef) node() {}
func (*Foreign) node()   {}
