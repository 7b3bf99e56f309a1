package mitogen

import (
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

const (
	// largeFrame is the size from which a frame's memory is what calls for collections.
	largeFrame = 64 << 10
	// manyFrames are a process that is at work, whatever their size.
	manyFrames = 4 << 10
	// ballastSize is how much more of it may lie about before one begins.
	ballastSize = 16 << 20
)

// ballast is memory that is never touched, and so takes none. A process that does
// little else than pass messages has a small heap, and would collect garbage for every
// 4 MiB of them, more work than all the rest. It is made with the first large message
// or after many small ones, as an idle process shall stay small; and not under a
// limit (GOMEMLIMIT) of which it would take much, as it counts there.
var ballast = sync.OnceValue(func() []byte {
	if debug.SetMemoryLimit(-1) < 4*ballastSize {
		return nil
	}
	return make([]byte, ballastSize)
})

// weighed counts the frames of all links.
var weighed atomic.Int64

// weigh makes the ballast if f calls for it.
func weigh(f *wire.Frame) {
	if weighed.Add(1) == manyFrames || f.Length() >= largeFrame && f.Buffer == nil {
		_ = ballast() // it stays
	}
}
