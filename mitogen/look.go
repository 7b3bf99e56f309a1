package mitogen

import "github.com/mitoscript/mitoscript/mitogen/wire"

// Looker is what a connection may have besides: a reader that looks for bytes for a
// moment before it sleeps.
type Looker interface {
	// Look says whether the next Read may. It is called by who reads.
	Look(may bool)
}

// mayLook reports whether what follows f may be looked for. Who has passed a frame on, or
// works for somebody beyond the neighbour, leaves the processor to the one that works
// next: of a chain of processes only the one that waits for the answer looks, and the
// others run one after another where none has to be woken from its halt.
func (s *Stream) mayLook(f *wire.Frame) bool {
	return f.Dst == s.router.id && (f.Src == s.remoteID || f.Handle >= wire.FirstDynamic)
}
