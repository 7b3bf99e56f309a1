// Package reference documents the library for people: what `mitoscript doc`
// prints and docs/reference has.
//
// What a function is for and its parameters stand with the function. What it
// returns and raises, and an example in both languages, stand in library.txt,
// which only the master carries. The examples are the library's conformance tests.
package reference
