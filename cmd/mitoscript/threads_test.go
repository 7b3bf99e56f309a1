//go:build !child

package main

import (
	"slices"
	"testing"
	"time"
)

// TestThreadsFollowTheWork: several threads are for work that keeps several
// processors busy, and are given up where they do not get more done.
func TestThreadsFollowTheWork(t *testing.T) {
	const most = 8
	for name, c := range map[string]struct {
		use  func(threads int) float64 // what the work takes of that many
		want []int                     // threads at each change, in 100 looks
	}{
		"little":          {func(int) float64 { return 0.5 }, nil},
		"nothing":         {func(int) float64 { return 0 }, nil},
		"much, parallel":  {func(n int) float64 { return 0.95 * float64(n) }, []int{most}},
		"much, but alone": {func(int) float64 { return 1 }, []int{most, 1, most, 1, most, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			th := threads{most: most, now: 1, tick: shortTick}
			var changes []int
			for range 100 {
				before := th.now
				if th.used(c.use(th.now)); th.now != before {
					changes = append(changes, th.now)
				}
			}
			if !slices.Equal(changes, c.want) {
				t.Errorf("threads changed to %v, want %v", changes, c.want)
			}
		})
	}
}

// TestThreadsAreLookedAfterSeldomAtRest: an idle master hardly wakes, and one with
// work again is looked after at once.
func TestThreadsAreLookedAfterSeldomAtRest(t *testing.T) {
	th := threads{most: 4, now: 1, tick: shortTick}
	var rest time.Duration
	for range 20 {
		th.used(0)
		rest += th.tick
	}
	if th.tick != longTick || rest < 10*longTick {
		t.Errorf("after %v of rest the next look is in %v, want %v", rest, th.tick, longTick)
	}
	if th.used(1); th.tick != shortTick || th.now != 4 {
		t.Errorf("at work the next look is in %v with %d threads, want %v and 4", th.tick, th.now, shortTick)
	}
}

// TestThreadsAreTriedAgainAfterARest: what was tried in vain says nothing of the work
// that begins when the processors have been free.
func TestThreadsAreTriedAgainAfterARest(t *testing.T) {
	th := threads{most: 4, now: 1, tick: shortTick}
	for range 1000 {
		th.used(1)
	}
	for th.now != 1 {
		th.used(1)
	}
	th.used(0.1)
	if th.used(1); th.now != 4 {
		t.Errorf("with new work there are %d threads, want 4", th.now)
	}
}
