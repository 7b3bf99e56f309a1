package fakessh

import (
	"testing"
	"testing/synctest"
	"time"
)

// The next request is awaited with the processor kept only while requests come
// quickly, and less and less often if what comes is not seen so.
func TestQuickRequestsAreAwaited(t *testing.T) {
	const quick, slow = atMost / 10, 2 * atMost
	for _, c := range []struct {
		name string
		gap  time.Duration
		sees bool
		want int // of 1000 requests
	}{
		{"quick", quick, true, 1000 - fewest},
		{"slow", slow, true, 0},
		{"quick, by another way", quick, false, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &end{finished: make(chan struct{})}
				e.in[stdin].changed.L = &e.mu
				asked := 0
				s := soon{await: func(time.Duration) bool { asked++; return c.sees }}
				for range 1000 {
					time.AfterFunc(c.gap, func() {
						e.mu.Lock()
						defer e.mu.Unlock()
						if err := e.takeLocked([]byte{kindData, stdin, 'x'}, nil); err != nil {
							t.Error(err)
						}
						e.in[stdin].held = 0
					})
					if _, err := s.next(e, stdin); err != nil {
						t.Fatal(err)
					}
				}
				if asked != c.want {
					t.Errorf("awaited %d of 1000 requests, want %d", asked, c.want)
				}
			})
		})
	}
}
