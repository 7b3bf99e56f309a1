package mitogen_test

import (
	"context"
	"strconv"
	"syscall"
	"testing"
	"unsafe"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// A message is too large too if its length has more bits than a frame's header has for it.
func TestWhatIsLongerThanAHeaderSaysIsRefused(t *testing.T) {
	if strconv.IntSize < 64 {
		t.Skip("nothing is so long")
	}
	size := int64(1)<<32 + 1
	mem, err := syscall.Mmap(-1, 0, int(size), syscall.PROT_READ, syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(mem) })
	master := newTree(t, mitogen.Options{})
	h := master.hostile(t)
	m := &mitogen.Message{Frame: wire.Frame{Handle: 5000, Tail: unsafe.String(&mem[0], len(mem))}}
	err = master.router.ContextByID(h.id, "").SendBulk(context.Background(), m)
	wantError(t, err, value.KindChannel, "message too large")
}
