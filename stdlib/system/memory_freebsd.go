package system

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func memoryNow(ctx context.Context) (m memoryState, err error) {
	total, err := unix.SysctlUint64("hw.physmem")
	if err != nil {
		return m, err
	}
	m.total = int64(total)
	for _, name := range []string{"vm.stats.vm.v_free_count", "vm.stats.vm.v_inactive_count", "vm.stats.vm.v_cache_count"} {
		if n, err := unix.SysctlUint32(name); err == nil {
			m.available += int64(n) * int64(os.Getpagesize())
		}
	}
	text, err := exec.CommandContext(ctx, "swapinfo", "-k").Output()
	if err != nil {
		return m, nil // a jail may not ask; the rest stands
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) >= 4 && strings.HasPrefix(f[0], "/") {
			size, _ := strconv.ParseInt(f[1], 10, 64)
			free, _ := strconv.ParseInt(f[3], 10, 64)
			m.swapTotal, m.swapFree = m.swapTotal+size<<10, m.swapFree+free<<10
		}
	}
	return m, nil
}
