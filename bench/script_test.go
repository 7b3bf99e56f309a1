package bench

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkScriptCall is a call from script to script. The script itself takes
// the times, of b.N calls after some that are not counted.
func BenchmarkScriptCall(b *testing.B) {
	for _, script := range []string{"call.star", "call.lua"} {
		for _, what := range []string{"noop", "builtin"} {
			b.Run(strings.TrimPrefix(filepath.Ext(script), ".")+"/"+what, func(b *testing.B) {
				got := runScript(b, script, what)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(got["median"], "median-µs")
				if b.N >= 1000 {
					b.ReportMetric(got["p99"], "p99-µs")
				}
			})
		}
	}
}

// BenchmarkScriptPipelined is a script that keeps 64 calls in flight.
func BenchmarkScriptPipelined(b *testing.B) {
	got := runScript(b, "pipelined.star")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(got["rate"], "calls/s")
}

// runScript runs a script of testdata with b.N and args, and reads the lines
// "name number" that it prints.
func runScript(b *testing.B, script string, args ...string) map[string]float64 {
	b.Helper()
	argv := append([]string{"run", filepath.Join("testdata", script), strconv.Itoa(b.N)}, args...)
	out, err := exec.Command(program(b), argv...).Output()
	if err != nil {
		b.Fatalf("%s: %v\n%s", script, err, out)
	}
	got := map[string]float64{}
	for line := range strings.Lines(string(out)) {
		var name string
		var number float64
		if _, err := fmt.Sscan(line, &name, &number); err != nil {
			b.Fatalf("%s printed %q: %v", script, line, err)
		}
		got[name] = number
	}
	return got
}
