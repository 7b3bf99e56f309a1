package main

// Set by the linker; see the Makefile.
var (
	// build names this build: parent and child must have the same.
	build = "unstamped"
	// version is what people see.
	version = "unversioned"
)

// childCommand is the argument that makes the program a child.
const childCommand = "child"
