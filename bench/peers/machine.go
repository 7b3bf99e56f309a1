package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// state is what the machine was when.
type state struct {
	when          time.Time
	load          string
	model, system string
}

func machine() state {
	s := state{when: time.Now().UTC(), model: "unknown processor", system: runtime.GOOS, load: "unknown"}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		s.load = strings.Join(strings.Fields(string(text))[:3], " ")
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

func (s state) String() string {
	return fmt.Sprintf("%s (%s), %d processors, %s", s.model, runtime.GOARCH, runtime.NumCPU(), s.system)
}
