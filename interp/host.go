package interp

import (
	"context"
	"fmt"
	"io"
	"strconv"

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
	// Interps are the languages, by name. Each language's New adds itself.
	Interps map[string]Interp
}

// Interp returns the language called name, or an error that names those there are.
func (h *Host) Interp(name string) (Interp, error) {
	if in, ok := h.Interps[name]; ok {
		return in, nil
	}
	return nil, value.Errorf(value.KindError, "unknown language %q", name)
}

// ByExtension returns the language of files that end in ext.
func (h *Host) ByExtension(ext string) (Interp, bool) {
	for _, in := range h.Interps {
		if in.Extension() == ext {
			return in, true
		}
	}
	return nil, false
}

// Register adds a language. It is for the languages' New.
func (h *Host) Register(in Interp) {
	if h.Interps == nil {
		h.Interps = map[string]Interp{}
	}
	h.Interps[in.Name()] = in
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
