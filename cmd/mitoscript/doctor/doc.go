// Package doctor shows how far the way to a host leads: the phases of its set-ups as
// they end, each with its time, and for the one that fails what can be done about it.
//
// A Sheet is what is shown; a Diagnosis is what an error means. Whoever connects to
// the host gives both what it hears: the package connects to nothing itself.
package doctor
