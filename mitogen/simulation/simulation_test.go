package simulation

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const (
	// schedulesEnv is how many schedules TestSchedules runs.
	schedulesEnv = "MITOSCRIPT_SIMULATION_SCHEDULES"
	// seedEnv makes it run one schedule, again and again, and tell what happened in it.
	seedEnv = "MITOSCRIPT_SIMULATION_SEED"
	// stuckAfter is how long one schedule may take that mostly takes less than a
	// millisecond: locks that are never given back are not seen by synctest.
	stuckAfter = 5 * time.Minute
)

// play runs the schedule of a seed in a bubble of its own. Goroutines that are left in
// it make synctest panic.
func play(t *testing.T, seed uint64, told *strings.Builder) (w *world) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(os.Stderr, "run the schedule again that failed: %s=%d\n", seedEnv, seed)
			panic(r)
		}
	}()
	synctest.Test(t, func(*testing.T) {
		w = newWorld(seed)
		w.told = told
		w.play()
	})
	return w
}

// watch ends the process with all stacks if one schedule does not end.
func watch(t *testing.T, seed, played *atomic.Uint64) {
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		for {
			before := played.Load()
			select {
			case <-done:
				return
			case <-time.After(stuckAfter):
			}
			if played.Load() == before {
				debug.SetTraceback("all")
				panic(fmt.Sprintf("the schedule of %s=%d does not end", seedEnv, seed.Load()))
			}
		}
	}()
}

// number reads an environment variable.
func number(t *testing.T, name string, otherwise uint64) (n uint64, set bool) {
	text := os.Getenv(name)
	if text == "" {
		return otherwise, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n, true
}

// Whatever happens to a tree of contexts, every call ends once, in its result or its
// error; nothing hangs, nothing is left, and nobody gets what is not for them.
func TestSchedules(t *testing.T) {
	count, _ := number(t, schedulesEnv, 1000)
	only, again := number(t, seedEnv, 0)
	var seed, played atomic.Uint64
	watch(t, &seed, &played)
	start, ops, contexts := time.Now(), 0, 0
	for played.Load() < count {
		var told *strings.Builder
		if seed.Store(played.Add(1)); again {
			seed.Store(only)
			told = &strings.Builder{}
		}
		w := play(t, seed.Load(), told)
		ops += len(w.ops)
		contexts += len(w.nodes)
		if len(w.problems) > 0 {
			if again {
				t.Log(told)
			}
			t.Fatalf("%s\nrun it again: %s=%d", strings.Join(w.problems, "\n"), seedEnv, seed.Load())
		}
	}
	t.Logf("%d schedules: %d contexts, %d calls, messages and sequences, in %s",
		count, contexts, ops, time.Since(start).Round(time.Millisecond))
}
