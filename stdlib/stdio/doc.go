// Package stdio is the scripts' module stdio: standard input and outputs of the
// master. In a child the input is empty and the outputs go to the log.
package stdio
