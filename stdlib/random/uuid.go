package random

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
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
		make("v7", "Returns a UUID that sorts by the time it was made.", v7),
	}}
}

func v4() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return uuid(b, 4)
}

func v7() string {
	var b, ms [16]byte
	_, _ = rand.Read(b[:])
	now := time.Now()
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(b[:6], ms[2:8])
	// RFC 9562, method 3: the 12 bits after the version are the part of the millisecond.
	part := now.UnixMicro() % 1000 * 4096 / 1000
	b[6], b[7] = byte(part>>8), byte(part)
	return uuid(b, 7)
}

func uuid(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
