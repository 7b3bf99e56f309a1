// Package regex is the scripts' module re: regular expressions in RE2 syntax
// with the functions of Python's module re. Positions count bytes from 0.
package regex
