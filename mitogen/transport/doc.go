// Package transport opens a byte stream to a shell, or to our own program, on a
// target: by ssh, sudo, docker, a local process, and so on.
//
// Most transports are a Command: an argv, whether the program needs a terminal,
// and a table of prompts; Spawn does the rest (process, pipes, pseudo-terminal,
// diagnostics, ending). Native ssh is a Transport of its own.
//
// A Link's owner calls Ready when the far side is up, so that nothing it prints
// is taken for a question any more, and End or Close in the end; Detach if the
// far side is to live on.
//
// The only text that is matched anywhere in this project is tools' output, in
// the prompt tables of this package.
package transport
