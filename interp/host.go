package interp

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Host is what all scripts of one process share.
type Host struct {
	// Lock guards every script value; see the package documentation.
	Lock Lock
	// Modules are predeclared in both languages, in this order. Set before the
	// first Interp is made.
	Modules []*Module
	// Loader finds library modules.
	Loader Loader
	// Stdout receives what print writes.
	Stdout io.Writer
	// Bind makes a live object of a ContextRef or SenderRef that arrived; nil, or
	// false, leaves it as it is.
	Bind func(ref value.Value) (Object, bool)
	// Languages are those that scripts may be in. Set before the first is asked for.
	Languages []Language

	making  sync.Mutex // held while a language is made
	mu      sync.RWMutex
	interps map[string]Interp // by name; guarded by mu
}

// Whole makes the object of a record that one of the modules knows by its name.
func (h *Host) Whole(s *value.Struct) (Object, bool) {
	if s.Name == "" || s.Name == "struct" { // a script's own
		return nil, false
	}
	for _, m := range h.Modules {
		if make, ok := m.Records[s.Name]; ok {
			return make(s)
		}
	}
	return nil, false
}

// Builtin finds a function or a callable module by its dotted name.
func (h *Host) Builtin(name string) (*Func, bool) {
	for _, m := range h.Modules {
		if f, ok := m.lookup(name); ok {
			return f, true
		}
	}
	return nil, false
}

// Revive makes a Callable of a shipped function, in whichever language it is.
func (h *Host) Revive(ctx context.Context, f *value.Func, fetch Fetch) (Callable, error) {
	in, err := h.Interp(f.Lang)
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", f.Name, err)
	}
	return in.Revive(ctx, f, fetch)
}

func formatPlace(path string, line, col int) string {
	if line > 0 {
		path += ":" + strconv.Itoa(line)
	}
	if line > 0 && col > 0 {
		path += ":" + strconv.Itoa(col)
	}
	return path
}
