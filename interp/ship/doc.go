// Package ship is the form in which script functions travel by value.
//
// A function is not sent alone: what it refers to (globals and captured
// variables: data, functions, modules) goes with it as a Graph, in which
// identity is kept, so that shared and cyclic structures arrive as they were.
// A language's capture builds a Graph; its revive turns one back into live
// values. This package encodes a Graph into content-addressed chunks and decodes
// it under limits; it knows no language.
//
// What becomes a chunk of its own, so that it is sent to a context once: each
// source slice, each library module, and frozen data of some size. The rest is
// the root chunk. An unchanged function therefore costs a hash per call.
package ship
