package mitogen

import (
	"runtime/debug"
	"sync"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

const (
	// largeFrame is the size from which a frame's memory is what calls for collections.
	largeFrame = 64 << 10
	// ballastSize is how much more of it may lie about before one begins.
	ballastSize = 16 << 20
)

// ballast is memory that is never touched, and so takes none. A process that does
// little else than pass large messages has a small heap, and would collect garbage
// for every 4 MiB of them, more work than all the rest. It is made with the first
// large message, as a process that never has one shall stay small; and not under a
// limit (GOMEMLIMIT) of which it would take much, as it counts there.
var ballast = sync.OnceValue(func() []byte {
	if debug.SetMemoryLimit(-1) < 4*ballastSize {
		return nil
	}
	return make([]byte, ballastSize)
})

// weigh makes the ballast if f calls for it.
func weigh(f *wire.Frame) {
	if len(f.Data) >= largeFrame && f.Buffer == nil {
		_ = ballast() // it stays
	}
}
