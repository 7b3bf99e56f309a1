package system

import (
	"context"
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

func memoryNow(context.Context) (m memoryState, err error) {
	total, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return m, err
	}
	m.total = int64(total)
	for _, name := range []string{"vm.page_free_count", "vm.page_purgeable_count"} {
		if n, err := unix.SysctlUint32(name); err == nil {
			m.available += int64(n) * int64(os.Getpagesize())
		}
	}
	// struct xsw_usage begins with total, available and used.
	if raw, err := unix.SysctlRaw("vm.swapusage"); err == nil && len(raw) >= 16 {
		m.swapTotal = int64(binary.NativeEndian.Uint64(raw))
		m.swapFree = int64(binary.NativeEndian.Uint64(raw[8:]))
	}
	return m, nil
}
