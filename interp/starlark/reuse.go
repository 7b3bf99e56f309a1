package starlark

import (
	"math/big"
	"time"

	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// made is a revived function that calls share: nothing that it refers to can be
// changed, so that no call can tell it from one of its own.
type made struct {
	fn    *star.Function
	marks map[*star.Function]interp.Marks // of all functions in it
}

// reusable gives the function that was made of the graph before. Marks are the one
// thing that a call can change of it: then it is made anew.
func (g *shippedGraph) reusable(in *Interp) (star.Value, bool) {
	if g.made == nil {
		return nil, false
	}
	for fn, want := range g.made.marks {
		if got, _ := in.marks.get(fn); got != want {
			g.made = nil
			return nil, false
		}
	}
	return g.made.fn, true
}

// keep notes what was made of a graph in which nothing can be changed.
func (g *shippedGraph) keep(in *Interp, vals []star.Value) {
	root, ok := vals[g.Root].(*star.Function)
	if !ok || !g.constant() {
		return
	}
	g.made = &made{fn: root, marks: map[*star.Function]interp.Marks{}}
	for _, v := range vals {
		if fn, ok := v.(*star.Function); ok {
			g.made.marks[fn], _ = in.marks.get(fn)
		}
	}
}

// constant reports whether nothing in the graph can be changed: it has functions
// without variables of their own, constants, and what belongs to the process.
func (g *shippedGraph) constant() bool {
	for _, n := range g.Nodes {
		switch n := n.(type) {
		case *ship.Builtin:
		case *ship.Func:
			if len(n.Cells) > 0 {
				return false
			}
		case *ship.Data:
			if !n.Frozen && !scalar(n.Value) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func scalar(v value.Value) bool {
	switch v.(type) {
	case nil, bool, int64, float64, string, value.Bytes, *big.Int, time.Time, time.Duration:
		return true
	}
	return false
}
