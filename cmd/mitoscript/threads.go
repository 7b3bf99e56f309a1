//go:build !child

package main

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/nonblock"
)

// A call goes from one goroutine to the next and back. On one thread that costs half
// as much as on several, where each message wakes a thread that finds nothing to do.
// So the master has one, too, as long as that is not at work all the time: the
// cryptography of many connections, copies and the like get all processors.

const (
	// shortTick and longTick bound how often is looked, at work and at rest.
	shortTick = 10 * time.Millisecond
	longTick  = 200 * time.Millisecond
	// full is the part of a processor from which one thread is not enough.
	full = 0.9
	// worth is how many processors several threads must use to be kept.
	worth = 1.25
	// trial is how many ticks they have to show it: few, as work that is one thread's takes
	// twice as long meanwhile. shortBreak is how many lie before they are tried again if
	// they did not: twice as many each time, up to longBreak.
	trial                 = 2
	shortBreak, longBreak = 20, 160
)

// threads decides how many threads run Go code, by what processor time they take.
type threads struct {
	most  int // that there may be
	now   int
	tick  time.Duration // until the next look
	left  int           // ticks for which nothing changes
	pause int           // that many of them after a trial in vain, 0 for shortBreak
	sum   float64       // processors used in the ticks of the trial that runs
}

// used tells how many processors were in use since the last look. It sets now and tick.
func (t *threads) used(processors float64) {
	if t.now == 1 && processors < full/10 {
		t.tick = min(2*t.tick, longTick)
	} else {
		t.tick = shortTick
	}
	t.left = max(0, t.left-1)
	t.sum += processors
	switch {
	case t.now == 1 && processors < full/2: // whatever it was is over
		t.left, t.pause = 0, 0
	case t.left > 0:
	case t.now == 1 && processors >= full:
		t.now, t.left, t.sum = t.most, trial, 0
	case t.now > 1 && t.sum >= worth*trial:
		t.left, t.sum, t.pause = trial, 0, 0
	case t.now > 1:
		t.pause = min(max(2*t.pause, shortBreak), longBreak)
		t.now, t.left = 1, t.pause
	}
}

// governThreads lets a threads decide until stop is called, unless the environment
// says how many there are.
func governThreads() (stop func()) {
	most := runtime.GOMAXPROCS(0)
	if most == 1 || os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	runtime.GOMAXPROCS(1)
	over := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		t := threads{most: most, now: 1, tick: shortTick}
		then, spent := time.Now(), processorTime()
		timer := time.NewTimer(t.tick)
		defer timer.Stop()
		for {
			select {
			case <-timer.C:
			case <-over:
				return
			}
			before := t.now
			now, total := time.Now(), processorTime()
			t.used(float64(total-spent) / float64(max(now.Sub(then), 1)))
			if then, spent = now, total; t.now != before {
				runtime.GOMAXPROCS(t.now)
			}
			timer.Reset(t.tick)
		}
	})
	return func() {
		close(over)
		ended.Wait()
		runtime.GOMAXPROCS(most)
	}
}

// processorTime is what this process has used of all processors for its work.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano()+u.Stime.Nano()) - nonblock.Looked()
}
