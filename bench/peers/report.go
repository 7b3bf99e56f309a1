package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/bench/machine"
)

// report is what is written.
type report struct {
	results
	before, after machine.State
	versions      []string
	missing       []string
	rounds, hosts int
}

func (r report) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Beside other tools\n\nWritten by `make bench-peers`; not to be edited.\n\n")
	fmt.Fprintf(&b, "| | |\n|---|---|\n")
	fmt.Fprintf(&b, "| taken | %s to %s UTC |\n", r.before.When.Format("2006-01-02 15:04"), r.after.When.Format(time.TimeOnly))
	fmt.Fprintf(&b, "| machine | %s |\n", r.before)
	fmt.Fprintf(&b, "| load before and after (1, 5, 15 minutes) | %s; %s |\n", r.before.Load, r.after.Load)
	fmt.Fprintf(&b, "| versions | %s |\n", strings.Join(r.versions, "; "))
	if len(r.missing) > 0 {
		fmt.Fprintf(&b, "| not installed, so left out | %s |\n", strings.Join(r.missing, "; "))
	}
	fmt.Fprintf(&b, "\n![How many times as fast as Python mitogen](benchmarks.svg)\n\n## Aims\n\n")
	b.WriteString(r.aims())
	fmt.Fprintf(&b, "\nWhat the cost of the missed ones is made of is said in [DESIGN.md](DESIGN.md).\n\n## Figures\n\n")
	b.WriteString(r.table())
	fmt.Fprintf(&b, how, r.rounds, max(1, r.rounds*3/5), r.hosts)
	return b.String()
}

const how = `
## How they were taken

Each figure is the median of %d turns (%d with many hosts). In a turn every tool does the task once, in a process of its own that begins anew,
and takes the times by its own clock; the tool that begins moves on from turn to turn. ` + "`× mitogen`" + ` is the median of the ratios of the turns, how many times as good
mitoscript is, so that what else the machine did weighs on both. Calls are medians of 300 to 500 in a row in one process, start-ups of 2 to 5, streams the best of three.

- mitoscript is a Starlark script (` + "`bench/peers/mitoscript.star`" + `), Python mitogen and execnet are Python programs of the same shape beside it. All functions are shipped ones.
- execnet has no calls: a loop in the far process answers each item. Its options for raw data are its own.
- Streams of Python mitogen are measured with payloads as they are and pickled; the better one stands here. Its file comes from its FileService.
- The raw pipe is two Go processes with two pipes of 1 MiB between them, 100 bytes each way (10 KB there) or 64 MiB in pieces of 128 KiB: nothing is done to the data.
  At depth 2 to 4 one to three more such processes stand between them and hand it on.
- The %d hosts are names of one sshd on the loopback interface, started for the run; the program of mitoscript is in the target's cache, as Python is installed there.
  mitoscript uses its built-in ssh client, all others the ssh program, all with the same key.
- The hosts are one sshd on this machine, whose logins run no start-up file of the account: that may take longer than all else.
- The command on all hosts is the whole process, from its start to its end; mitoscript's is ` + "`mitoscript exec`" + `, mitogen and execnet have a program for it.
`

func (r report) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| | unit |")
	for _, tool := range order[:4] {
		fmt.Fprintf(&b, " %s |", tool)
	}
	fmt.Fprintf(&b, " × mitogen | × raw pipe |\n|---|---|%s---|---|\n", strings.Repeat("---|", 4))
	for _, t := range tasks {
		for _, m := range t.metrics {
			if t.name == "command" || r.results[m.key] == nil {
				continue
			}
			fmt.Fprintf(&b, "| %s | %s |", m.title, m.unit)
			for _, tool := range order[:4] {
				fmt.Fprintf(&b, " %s |", r.figure(m.key, tool))
			}
			better, known := r.ratio(m.key, ours, python, m.times)
			fmt.Fprintf(&b, " %s |", orBlank(better, known))
			cost, known := r.ratio(m.key, ours, pipe, func(a, b float64) float64 { return a / b })
			fmt.Fprintf(&b, " %s |\n", orBlank(cost, known))
		}
	}
	if all := r.results["seconds"]; all != nil {
		fmt.Fprintf(&b, "\n| `true` on %d hosts, the whole process | s | mitoscript is × as fast |\n|---|---|---|\n", r.hosts)
		m := metric{}
		for _, tool := range order {
			if all[tool] != nil {
				times, known := r.ratio("seconds", ours, tool, m.times)
				fmt.Fprintf(&b, "| %s | %s | %s |\n", tool, r.figure("seconds", tool), orBlank(times, known))
			}
		}
	}
	return b.String()
}

func (r report) figure(key, tool string) string {
	v := r.results[key][tool]
	return orBlank(median(v), v != nil)
}

// orBlank shows three digits.
func orBlank(v float64, known bool) string {
	switch {
	case !known || math.IsNaN(v):
		return ""
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
