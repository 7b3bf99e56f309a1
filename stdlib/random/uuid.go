package random

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"sync/atomic"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// UUID makes the module uuid.
func UUID() *interp.Module {
	make := func(name, doc string, fn func() string) *interp.Func {
		return &interp.Func{Name: name, Doc: doc,
			Impl: func(context.Context, *interp.Args) (value.Value, error) { return fn(), nil }}
	}
	return &interp.Module{Name: "uuid", Doc: "Identifiers that nobody else has.", Funcs: []*interp.Func{
		make("v4", "Returns a random UUID.", v4),
		make("v7", "Returns a UUID that sorts by the time it was made; those of one process by their order.", v7),
	}}
}

func v4() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return uuid(b, 4)
}

// lastV7 is the time of the last v7, in 4096ths of a millisecond.
var lastV7 atomic.Int64

func v7() string {
	var b, ms [16]byte
	_, _ = rand.Read(b[:])
	now := time.Now()
	// RFC 9562, method 3: the 12 bits after the version are the part of the
	// millisecond. Of two made in the same part, the second is moved to the next.
	at := now.UnixMilli()<<12 | now.UnixMicro()%1000*4096/1000
	for last := lastV7.Load(); ; last = lastV7.Load() {
		at = max(at, last+1)
		if lastV7.CompareAndSwap(last, at) {
			break
		}
	}
	binary.BigEndian.PutUint64(ms[:], uint64(at>>12))
	copy(b[:6], ms[2:8])
	b[6], b[7] = byte(at>>8)&0x0f, byte(at)
	return uuid(b, 7)
}

func uuid(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
