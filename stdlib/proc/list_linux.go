package proc

import (
	"context"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticks is the unit of times in /proc, USER_HZ, which Linux fixes at 100 a second.
const ticks = 100

// processes reads /proc. One that ends meanwhile is left out.
func processes(ctx context.Context) ([]entry, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	boot, err := bootTime()
	if err != nil {
		return nil, err
	}
	var out []entry
	for _, n := range names {
		pid, err := strconv.Atoi(n)
		if err != nil {
			continue
		}
		if e, ok := readProcess(pid, boot); ok {
			out = append(out, e)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return out, nil
}

func bootTime() (float64, error) {
	data, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, err
	}
	up, _, _ := strings.Cut(string(data), " ")
	s, err := strconv.ParseFloat(up, 64)
	return float64(time.Now().UnixNano())/1e9 - s, err
}

func readProcess(pid int, boot float64) (entry, bool) {
	dir := "/proc/" + strconv.Itoa(pid)
	data, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return entry{}, false
	}
	// "pid (name) state ppid …": the name may hold anything, ")" too.
	open, end := strings.IndexByte(string(data), '('), strings.LastIndexByte(string(data), ')')
	if open < 0 || end < open {
		return entry{}, false
	}
	f := strings.Fields(string(data[end+1:]))
	if len(f) < 22 {
		return entry{}, false
	}
	num := func(i int) float64 { v, _ := strconv.ParseFloat(f[i], 64); return v }
	e := entry{
		pid: pid, ppid: int(num(1)), name: string(data[open+1 : end]),
		cpuSeconds: (num(11) + num(12)) / ticks, started: boot + num(19)/ticks,
		rss: int64(num(21)) * int64(os.Getpagesize()),
	}
	info, err := os.Stat(dir)
	if err != nil {
		return entry{}, false
	}
	e.uid = int(info.Sys().(*syscall.Stat_t).Uid)
	if line, err := os.ReadFile(dir + "/cmdline"); err == nil && len(line) > 0 {
		e.cmdline = strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
	}
	return e, true
}
