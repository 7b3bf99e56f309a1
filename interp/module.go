package interp

import (
	"context"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Module is a named set of functions and values: "os", "mitogen", "Select".
type Module struct {
	Name string
	Doc  string
	// Funcs are its functions, in the order of the documentation.
	Funcs []*Func
	// Modules are modules inside it (mitogen.utils).
	Modules []*Module
	// Attr computes other attributes (mitogen.context_id); it may be nil. Names
	// it answers to are listed in AttrNames.
	Attr      func(ctx context.Context, name string) (value.Value, bool)
	AttrNames []string
	// Call makes the module itself callable: Select(…), hash(…).
	Call *Func
	// Global puts Call's function into the global scope under its own name instead
	// of under a module: a Module of Global functions has no name of its own.
	Global bool
	// Records makes records of those names whole again that arrived from another
	// context, as the objects with methods that they were there: false leaves one as
	// it is.
	Records map[string]func(s *value.Struct) (Object, bool)
	// Only restricts it to one language ("starlark", "lua"); "" for both.
	Only string
	// Merge adds it to the language's own table of the same name (os, math).
	Merge bool
}

// Func is one function that scripts can see; written once, bound to each
// language by that language's binder.
type Func struct {
	// Name is the last part of its dotted name: "hostname".
	Name string
	// Doc is its description: the first sentence stands alone.
	Doc string
	// Params are its parameters in order. Keyword-only ones stand last.
	Params []Param
	// Rest names the parameter that takes further positional arguments, "" for none.
	Rest string
	// Keywords names the parameter that takes further keywords, "" for none.
	Keywords string
	// HandsOn marks a function that hands all its arguments to another (call,
	// spawn): in Lua a trailing table is then an argument, not keywords.
	HandsOn bool
	// Here marks a function whose arguments stay in this process: lists, dicts and
	// tables come and go as themselves (Held), not as copies.
	Here bool
	// Blocking makes the binder let go of the script lock while Impl runs. Impl
	// then may not touch a Callable, and Args hold no live script values but Objects.
	Blocking bool
	// Spread gives the items of a tuple result as several values where the language
	// has them: Lua.
	Spread bool
	// Method says that it is a method, the same for all objects of a type: the one that
	// it is called of is Args.Self.
	Method bool
	// NoTarget is the reason why it cannot be a call's target, "" if it can.
	NoTarget string
	// Impl does the work. Errors other than *value.Error become one of kind Error.
	Impl func(ctx context.Context, a *Args) (value.Value, error)

	// qualified is the dotted name by which it travels; set by Seal.
	qualified string
}

// Param is one parameter of a Func.
type Param struct {
	Name string
	Doc  string
	// Required parameters have no default.
	Required bool
	// Default is the value when it is not given (nil: None).
	Default value.Value
	// KeywordOnly parameters cannot be given by position.
	KeywordOnly bool
}

// Qualified returns the dotted name by which f travels ("os.hostname"), "" for
// a method of an object.
func (f *Func) Qualified() string { return f.qualified }

// Seal gives every function of the modules its dotted name. Call it once, after
// the last module is made.
func Seal(modules []*Module) {
	for _, m := range modules {
		m.seal("")
	}
}

func (m *Module) seal(prefix string) {
	path := prefix + m.Name
	if m.Global {
		path = prefix
	}
	if m.Call != nil {
		m.Call.qualified = strings.TrimSuffix(path, ".")
		if m.Global {
			m.Call.qualified = prefix + m.Call.Name
		}
	}
	if path != "" && !m.Global {
		path += "."
	}
	for _, f := range m.Funcs {
		f.qualified = path + f.Name
	}
	for _, sub := range m.Modules {
		sub.seal(path)
	}
}

// TypeName is "module", for messages.
func (m *Module) TypeName() string { return "module" }

func (m *Module) lookup(name string) (*Func, bool) {
	if m.Call != nil && m.Call.qualified == name {
		return m.Call, true
	}
	for _, f := range m.Funcs {
		if f.qualified == name {
			return f, true
		}
	}
	for _, sub := range m.Modules {
		if f, ok := sub.lookup(name); ok {
			return f, true
		}
	}
	return nil, false
}

// Object is a Go value with attributes and methods for scripts. It stays in its
// process unless it is a value.Porter too. Attributes are read with the script
// lock held and may not wait.
type Object interface {
	// TypeName is what type() and error texts call it: "Receiver".
	TypeName() string
	// Attr returns an attribute's value; a method is returned as *Func, whose
	// Impl is bound to the object.
	Attr(name string) (value.Value, bool)
	// AttrNames lists attributes and methods, sorted.
	AttrNames() []string
}

// The optional abilities of an Object.
type (
	// AttrSetter has attributes that scripts may set. An unknown or read-only
	// attribute is an error.
	AttrSetter interface {
		SetAttr(ctx context.Context, name string, v value.Value) error
	}
	// Iterable can stand in a for loop.
	Iterable interface {
		// Next waits for the next item: ok is false at the end. The binder calls it
		// without the script lock.
		Next(ctx context.Context) (v value.Value, ok bool, err error)
	}
	// Sized has a length; in Starlark its truth is that it is not 0.
	Sized interface{ Len() int }
	// Unpacker unpacks into several values (msg, data = message).
	Unpacker interface{ Unpack() ([]value.Value, error) }
	// Keyed is usable as a key of dicts and tables: objects with equal keys are equal.
	Keyed = value.Keyed
	// Folded is looked up by names of any case, as the headers of HTTP: a mapping that
	// is read only in Starlark, a table in Lua.
	Folded interface {
		Sized
		// Lookup finds a value by its name in any case.
		Lookup(name string) (value.Value, bool)
		// Dict gives all of it, as it is spelled.
		Dict() *value.Dict
	}
	// Held is a container of a script that its own language knows again; others get
	// the copy that Value is.
	Held interface{ Value() (value.Value, error) }
	// Shower has a text of its own for repr and print.
	Shower interface{ Show() string }
)
