// Package format lays out Starlark scripts in one way: four spaces a block, one
// statement a line, spaces around operators, double quotes, at most one blank line
// inside a block. The author's line breaks inside brackets stay.
//
// It works on tokens, so that nothing of the text is lost, and compares what the
// result means with what the script meant before it gives it.
package format
