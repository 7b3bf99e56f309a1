// Package machine tells what was measured on, for the reports that measurements write.
package machine

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// State is what the machine was when.
type State struct {
	When time.Time
	// Load is the load average of the last 1, 5 and 15 minutes.
	Load          string
	model, system string
}

// Now looks at the machine.
func Now() State {
	s := State{When: time.Now().UTC(), model: "unknown processor", system: runtime.GOOS, Load: "unknown"}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		s.Load = strings.Join(strings.Fields(string(text))[:3], " ")
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		s.system = "Linux " + strings.TrimSpace(string(text))
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				s.model = strings.TrimSpace(model)
				break
			}
		}
	}
	return s
}

// String names processor, their number and the system.
func (s State) String() string {
	return fmt.Sprintf("%s (%s), %d processors, %s", s.model, runtime.GOARCH, runtime.NumCPU(), s.system)
}
