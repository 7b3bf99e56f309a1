package mito_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// broken is a function whose interpreter has a bug.
type broken struct{ interp.Callable }

func (broken) Marks() interp.Marks { return 0 }
func (broken) Call(context.Context, []value.Value, []value.Field) (value.Value, error) {
	panic("a bug")
}

// A bug that a call meets is an error that tells its place, and the context goes on.
func TestABugInACallTellsItsPlace(t *testing.T) {
	n := newWorld(t).node(0, nil, "master", "main.star")
	_, err := n.rt.Dispatch(t.Context(), &mitogen.Call{Func: broken{}})
	if err == nil || !regexp.MustCompile(`^internal error: a bug \(at stdlib/mito/dispatch_test\.go:\d+\)$`).MatchString(err.Error()) {
		t.Errorf("got %v", err)
	}
	n.host.Lock.Do(func() {}) // nobody holds it
}
