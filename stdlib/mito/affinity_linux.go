package mito

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// resetAffinity lets every thread of the process run on every CPU.
func resetAffinity() error {
	var all unix.CPUSet
	for cpu := range len(all) * 64 {
		all.Set(cpu)
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return value.Errorf(value.KindOS, "cannot reset the CPU affinity: %w", err)
	}
	for _, t := range tasks {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := unix.SchedSetaffinity(id, &all); err != nil && err != unix.ESRCH {
			return value.Errorf(value.KindOS, "cannot reset the CPU affinity: %w", err)
		}
	}
	return nil
}
