package value

import (
	"fmt"
	"log/slog"
	"math/big"
)

// Value is one of the types that the package documentation lists.
type Value = any

// Bytes is an immutable run of bytes, held apart from text.
type Bytes string

// Blob is bytes that logs, traces and errors show by their length only.
type Blob string

// String shows the length, never the content.
func (b Blob) String() string { return fmt.Sprintf("[blob: %d bytes]", len(b)) }

// Format shows the length for every verb.
func (b Blob) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(b.String())) }

// MarshalText shows the length, never the content.
func (b Blob) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// LogValue shows the length, never the content.
func (b Blob) LogValue() slog.Value { return slog.StringValue(b.String()) }

// Secret is text or bytes that is shown nowhere. It accepts use only through Reveal.
type Secret struct {
	// hidden points at a string or Bytes. fmt does not ask Format of a Secret in an
	// unexported field; it does not follow a pointer to an interface either.
	hidden *Value
}

// NewSecret hides text or bytes; a Blob is hidden as bytes.
func NewSecret(v Value) (Secret, error) {
	switch v := v.(type) {
	case string, Bytes:
		return hide(v), nil
	case Blob:
		return hide(Bytes(v)), nil
	case Secret:
		return v, nil
	}
	return Secret{}, Errorf(KindError, "a Secret holds text or bytes, not %s", TypeName(v))
}

func hide(v Value) Secret { return Secret{hidden: &v} }

// Reveal returns what is hidden: a string or Bytes.
func (s Secret) Reveal() Value {
	if s.hidden == nil {
		return ""
	}
	return *s.hidden
}

// Text returns what is hidden as a Go string, whether it is text or bytes.
func (s Secret) Text() string {
	switch v := s.Reveal().(type) {
	case string:
		return v
	case Bytes:
		return string(v)
	}
	return ""
}

const secretShown = "[secret]"

// Format prints "[secret]" for every verb, so that no fmt call can leak it.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(secretShown)) }

// String prints "[secret]".
func (s Secret) String() string { return secretShown }

// MarshalText prints "[secret]".
func (s Secret) MarshalText() ([]byte, error) { return []byte(secretShown), nil }

// LogValue prints "[secret]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(secretShown) }

// List is a sequence; it arrives mutable.
type List []Value

// Tuple is an immutable sequence.
type Tuple []Value

// Struct is a record: attributes in the order in which they were given.
type Struct struct {
	// Name is the constructor's name ("struct", "stat", …), for display only.
	Name   string
	Fields []Field
}

// Field is one attribute of a Struct.
type Field struct {
	Name  string
	Value Value
}

// Get returns the attribute called name.
func (s *Struct) Get(name string) (Value, bool) {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return s.Fields[i].Value, true
		}
	}
	return nil, false
}

// Int returns i as an int64 where it fits, so that one number has one form.
func Int(i *big.Int) Value {
	if i.IsInt64() {
		return i.Int64()
	}
	return i
}

// ContextRef names a context of the tree; a router makes it usable.
type ContextRef struct {
	ID   uint32
	Name string
}

// SenderRef is the right to send to a handle of a context.
type SenderRef struct {
	Context uint32
	Handle  uint32
	// Window is how many bytes may be unread at the Receiver before senders wait;
	// 0 for no bound. It is no part of a key.
	Window int64
}

// Porter is implemented by live things that know how they travel: a script
// function as *Func, a context as ContextRef. The encoder calls Port while the
// script lock is held, so a function's environment is the one of that moment.
type Porter interface {
	// Port returns a Value of the closed set, or an error that names the path
	// to what cannot travel.
	Port() (Value, error)
}

// TypeName returns the name that people see for the type of v.
func TypeName(v Value) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "string"
	case Bytes:
		return "bytes"
	case Blob:
		return "Blob"
	case Secret:
		return "Secret"
	case List:
		return "list"
	case Tuple:
		return "tuple"
	case *Dict:
		return "dict"
	case *Set:
		return "set"
	case *Struct:
		return "struct"
	case ContextRef:
		return "Context"
	case SenderRef:
		return "Sender"
	case *Func:
		return "function"
	case *Error:
		return "error"
	case interface{ TypeName() string }:
		return v.TypeName()
	case interface{ FuncName() string }:
		return "function"
	}
	return otherTypeName(v)
}
