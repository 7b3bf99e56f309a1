package starlark

import star "go.starlark.net/starlark"

// stateName is the dotted name by which the state travels.
const stateName = "mitogen.state"

// state is mitogen.state: a dict that is never frozen, and which travels by name.
// It is the language's own, since what scripts keep in it stays as it is.
type state struct{ *star.Dict }

func newState() state { return state{star.NewDict(0)} }

// Type is not "dict": a Dict compares itself with nothing but a Dict.
func (state) Type() string { return "state" }

// Freeze does nothing: a library module that keeps the state does not freeze it.
func (state) Freeze() {}
