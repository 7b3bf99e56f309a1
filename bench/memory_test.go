package bench

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
)

// BenchmarkMemory is what contexts that have run a call and now wait take: in
// their own processes (resident, and with shared pages counted by shares), and in
// the process of their master.
func BenchmarkMemory(b *testing.B) {
	const contexts = 32
	m := newMaster(b)
	m.end(b, m.open(b, "local")) // what is made once is no part of the cost
	for b.Loop() {
		heapBefore, ownBefore := inUse(), rollup(b, os.Getpid())
		var children []*mitogen.Context
		var rss, pss float64
		for range contexts {
			c := m.open(b, "local")
			pid := call(b, c).(int64)
			mem := rollup(b, int(pid))
			rss += mem["Rss"]
			pss += mem["Pss"]
			children = append(children, c)
		}
		b.ReportMetric((inUse()-heapBefore)/contexts/1024, "master-heap+stack-KB/context")
		b.ReportMetric((rollup(b, os.Getpid())["Anonymous"]-ownBefore["Anonymous"])/contexts, "master-resident-KB/context")
		b.ReportMetric(rss/contexts, "child-RSS-KB")
		b.ReportMetric(pss/contexts, "child-PSS-KB")
		for _, c := range children {
			m.end(b, c)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// inUse is what Go's memory holds after a collection, in bytes.
func inUse() float64 {
	settle()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return float64(s.HeapAlloc + s.StackInuse)
}

// rollup reads how much memory a process has, in KB by name.
func rollup(b *testing.B, pid int) map[string]float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		b.Skip("this system does not tell how much memory a process has: " + err.Error())
	}
	sizes := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		var name, unit string
		var kb float64
		if n, _ := fmt.Sscan(line, &name, &kb, &unit); n == 3 {
			sizes[strings.TrimSuffix(name, ":")] = kb
		}
	}
	return sizes
}
