package mitogen

import (
	"runtime/debug"
	"sync/atomic"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

const (
	// largeFrame is the size from which a frame's memory is what calls for collections.
	largeFrame = 16 << 10
	// manyFrames are a process that is at work, whatever their size.
	manyFrames = 256
	// largeBallast and smallBallast are how much more of large frames, and of small ones,
	// may lie about before a collection begins. Memory that was not used lately has a
	// price too, which large frames do not feel.
	largeBallast = 16 << 20
	smallBallast = 8 << 20
)

// ballast is memory that is never touched, and so takes none. A process that does
// little else than pass messages has a small heap, and would collect garbage for every
// 4 MiB of them, more work than all the rest. It is made with the first large message,
// and after many small ones, as an idle process shall stay small; and not under a limit
// (GOMEMLIMIT) of which it would take much, as it counts there.
var ballast atomic.Pointer[[]byte]

// weighed counts the frames of all links.
var weighed atomic.Int64

// weigh makes the ballast if f calls for it.
func weigh(f *wire.Frame) {
	if weighed.Add(1) == manyFrames {
		carry(smallBallast)
	}
	if f.Length() >= largeFrame && f.Buffer == nil {
		carry(largeBallast)
	}
}

// carry makes a ballast of that many bytes in the place of a smaller one.
func carry(size int) {
	old := ballast.Load()
	if old != nil && len(*old) >= size || debug.SetMemoryLimit(-1) < 4*int64(size) {
		return
	}
	made := make([]byte, size)
	if !ballast.CompareAndSwap(old, &made) {
		carry(size) // another was faster
	}
}
