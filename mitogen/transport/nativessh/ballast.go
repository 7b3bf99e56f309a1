package nativessh

import (
	"runtime/debug"
	"sync"
)

// ballastSize keeps what may lie about as garbage well below the 64 MB that a copy
// may take.
const ballastSize = 16 << 20

// ballast is memory that is never touched, and so takes none. The ssh library makes
// 32 KiB of garbage for each packet that it reads; in a small heap the collector
// would run for every 4 MiB of them, a quarter of the processor time of a large
// copy from a host. With ballast it runs for every 20 MiB. It counts as memory in use
// where that is limited (GOMEMLIMIT): a small limit does without.
var ballast = sync.OnceValue(func() []byte {
	if debug.SetMemoryLimit(-1) < 4*ballastSize {
		return nil
	}
	return make([]byte, ballastSize)
})
