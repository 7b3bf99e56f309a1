//go:build darwin || freebsd

package proc

import (
	"context"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"time"
)

// processes reads what ps(1) prints; arguments with spaces are split at them.
func processes(ctx context.Context) ([]entry, error) {
	text, err := exec.CommandContext(ctx, "ps", "-axww", "-o", "pid=,ppid=,uid=,rss=,time=,etime=,command=").Output()
	if err != nil {
		return nil, err
	}
	now := float64(time.Now().UnixNano()) / 1e9
	var out []entry
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 7 {
			continue
		}
		num := func(i int) int { v, _ := strconv.Atoi(f[i]); return v }
		out = append(out, entry{
			pid: num(0), ppid: num(1), uid: num(2), rss: int64(num(3)) << 10,
			cpuSeconds: clock(f[4]), started: now - clock(f[5]), name: path.Base(f[6]), cmdline: f[6:],
		})
	}
	return out, nil
}

// clock reads "[days-][hours:]minutes:seconds" as seconds.
func clock(s string) float64 {
	total := 0.0
	if days, rest, ok := strings.Cut(s, "-"); ok {
		d, _ := strconv.ParseFloat(days, 64)
		total, s = d*24, rest
		if strings.Count(s, ":") == 1 {
			total *= 60
		}
	}
	for part := range strings.SplitSeq(s, ":") {
		v, _ := strconv.ParseFloat(part, 64)
		total = total*60 + v
	}
	return total
}
