package nativessh

import "sync"

// ballastSize keeps what may lie about as garbage well below the 64 MB that a copy
// may take.
const ballastSize = 16 << 20

// ballast is memory that is never touched, and so takes none. The ssh library makes
// 32 KiB of garbage for each packet that it reads; in a small heap the collector
// would run for every 4 MiB of them, a quarter of the processor time of a large
// copy from a host. With ballast it runs for every 20 MiB.
var ballast = sync.OnceValue(func() []byte { return make([]byte, ballastSize) })
