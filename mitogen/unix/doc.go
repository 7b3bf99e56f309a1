// Package unix lets programs of one account join the tree of a running one by a
// socket in the file system.
//
// The client says first who it is, as a child's answer does (parent.Ready); the
// listener answers with a configuration (parent.Config) and attaches it as a child
// that acts with the listener's authority. A client of another build is told the
// listener's, and is not attached.
package unix
