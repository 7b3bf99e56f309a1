package value

import "encoding/hex"

// Hash is the sha256 of a Chunk's data: the name under which contexts keep it.
type Hash [32]byte

// String gives the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Chunk is an immutable, content-addressed piece of a shipped function: a slice
// of source, a library module, frozen data, or the graph that joins them. A
// context that has a chunk is sent its hash only.
type Chunk struct {
	Hash Hash
	Data []byte
	// Contexts are the ids of the contexts in the data, where it was encoded.
	Contexts []uint32
}

// Func is a script function on its way to another context. Exactly one of Root,
// Target and Builtin says what it is.
type Func struct {
	// Lang is the language that revives it: "starlark" or "lua"; "" for a builtin.
	Lang string
	// Name is what errors and logs call it.
	Name string
	// Root is the chunk that holds the graph of a function that travels by value
	// or by reference to a module.
	Root Hash
	// Builtin is the dotted name of a function of the standard library.
	Builtin string
	// Chunks is all that Root needs in order to be revived, itself included. It is
	// not part of the encoding: the sender sends ahead what the path has not carried.
	Chunks []*Chunk
	// Contexts are the ids of the contexts that it captured, and Lends says that its
	// code uses the module Lender: a call lends it the contexts that it is given.
	// Neither is part of the encoding.
	Contexts []uint32
	Lends    bool
}

// Lender is the module whose functions may use contexts that a call is given.
const Lender = "fakessh"
