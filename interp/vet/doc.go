// Package vet finds in the text of a script what would fail when it runs: what does
// not parse or resolve, names that nothing defines, library functions that do not
// exist or do not take such arguments, modules that are not there, and functions
// that refer to what cannot be sent. It runs nothing of the script.
//
// It knows names, not values: what a script makes at run time is not looked at, so
// no finding is a guess, and a script without findings may still fail.
package vet
