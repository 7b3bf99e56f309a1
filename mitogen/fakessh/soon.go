package fakessh

import (
	"runtime"
	"time"
)

const (
	// atMost is how long the next request is awaited with the processor kept: others
	// have to wait so long.
	atMost = time.Millisecond
	// fewest and most are how many requests in a row must have come within that time
	// before the next one is awaited so: after one that came, and after many that did not.
	// One that does not come costs as much as a few that do spare.
	fewest, most = 16, 256
)

// soon waits for what comes of a stream. A client that asks for one small thing after
// the other, each when the last is answered, is awaited with the processor kept; await
// does it, unless it is nil.
type soon struct {
	await func(d time.Duration) bool
	quick int // requests in a row that came soon
	after int // as many make it worth while
}

// next is that of e.
func (s *soon) next(e *end, stream byte) (chunk, error) {
	if s.await == nil || e.ready(stream) {
		return e.next(stream)
	}
	began := time.Now()
	if s.quick >= max(s.after, fewest) {
		s.look(e, stream, began)
	}
	c, err := e.next(stream)
	if s.quick++; time.Since(began) >= atMost {
		s.quick = 0
	}
	return c, err
}

// look waits until something comes, unless others take the time.
func (s *soon) look(e *end, stream byte, began time.Time) {
	runtime.Gosched()
	switch left := atMost - time.Since(began); {
	case left <= 0 || e.ready(stream):
	case s.await(left):
		s.after = fewest
	default:
		s.quick, s.after = 0, min(2*max(s.after, fewest), most)
	}
}
