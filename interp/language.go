package interp

import "github.com/mitoscript/mitoscript/mitogen/value"

// Language is one that a Host's scripts may be in. It is made when it is first needed:
// most contexts see scripts of one language only, and another is a fifth of what a
// context does before its first call.
type Language struct {
	// Name is that of the Interp, Extension that of its files: "lua", ".lua".
	Name, Extension string
	// New makes it and registers it with the Host, whose Modules must be complete.
	New func(h *Host) Interp
}

// Interp returns the language called name; one that there is not is an Error.
func (h *Host) Interp(name string) (Interp, error) {
	if in := h.made(name); in != nil {
		return in, nil
	}
	for _, l := range h.Languages {
		if l.Name == name {
			return h.make(l), nil
		}
	}
	return nil, value.Errorf(value.KindError, "unknown language %q", name)
}

// ByExtension returns the language of files that end in ext.
func (h *Host) ByExtension(ext string) (Interp, bool) {
	for _, l := range h.Languages {
		if l.Extension == ext {
			return h.make(l), true
		}
	}
	return nil, false
}

func (h *Host) made(name string) Interp {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.interps[name]
}

func (h *Host) make(l Language) Interp {
	h.making.Lock()
	defer h.making.Unlock()
	if in := h.made(l.Name); in != nil {
		return in
	}
	return l.New(h)
}

// Register adds a language that was made. It is for the languages' New.
func (h *Host) Register(in Interp) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.interps == nil {
		h.interps = map[string]Interp{}
	}
	h.interps[in.Name()] = in
}
