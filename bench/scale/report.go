package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/bench/machine"
)

func report(before, after machine.State, all []series) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Scale\n\nWritten by `make bench-scale`; not to be edited. What many contexts, calls and messages cost: no step is worse than linear.\n\n")
	fmt.Fprintf(&b, "| | |\n|---|---|\n")
	fmt.Fprintf(&b, "| taken | %s to %s UTC |\n", before.When.Format("2006-01-02 15:04"), after.When.Format(time.TimeOnly))
	fmt.Fprintf(&b, "| machine | %s |\n", before)
	fmt.Fprintf(&b, "| load before and after (1, 5, 15 minutes) | %s; %s |\n\n", before.Load, after.Load)
	fmt.Fprintf(&b, "| what | number | seconds | each |\n| --- | ---: | ---: | ---: |\n")
	for _, s := range all {
		name := s.name
		for _, p := range s.points {
			fmt.Fprintf(&b, "| %s | %.0f | %.3g | %s |\n", name, p.Number, p.Seconds, each(p.Seconds/p.Number))
			name = ""
		}
	}
	fmt.Fprintf(&b, "\n%s\n\n![seconds against numbers](scale.svg)\n\n%s", memory(all), how)
	return b.String()
}

// each gives seconds in the unit that suits them.
func each(seconds float64) string {
	if seconds >= 1e-3 {
		return fmt.Sprintf("%.1f ms", seconds*1e3)
	}
	return fmt.Sprintf("%.1f µs", seconds*1e6)
}

// memory tells what the points with it say of a context's share.
func memory(all []series) string {
	var first, last point
	var sizes []string
	for _, s := range all {
		for _, p := range s.points {
			if p.Memory == 0 {
				continue
			}
			if first.Memory == 0 {
				first = p
			}
			last = p
			sizes = append(sizes, fmt.Sprintf("%.1f MB with %.0f", p.Memory/1024, p.Number))
		}
	}
	if last.Number <= first.Number {
		return ""
	}
	return fmt.Sprintf("The master's resident memory at the first contexts: %s; so %.0f KB each.",
		strings.Join(sizes, ", "), (last.Memory-first.Memory)/(last.Number-first.Number))
}

const how = `Each script (` + "`bench/scale`" + `) is run once, by the built program, one after another; seconds are by its own clock. The points of one row and those below it that
name nothing are of one process, and build on each other where they are contexts. Both axes of the picture are logarithmic: what is linear rises as the
grid's diagonal does.
`
