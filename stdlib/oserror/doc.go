// Package oserror turns failures of the operating system into OSError values
// with the attributes errno, path and op, and a text that says what was
// attempted on what and why it failed.
package oserror
