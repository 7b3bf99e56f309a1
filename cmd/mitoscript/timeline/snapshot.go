package timeline

import (
	"cmp"
	"slices"
	"time"
)

// Snapshot is a run up to some moment.
type Snapshot struct {
	// Title says what was run.
	Title string
	// Status is the exit status, and Failure why it is not 0, as people are told.
	Status  int
	Failure string
	Start   time.Time
	Took    time.Duration
	// Rows are the contexts, the master first.
	Rows []Row
	// Spans are in the order of their starts; a span that holds another comes first.
	Spans []Span
	Notes []Note
	// Dropped is how many spans and notes found no room.
	Dropped int
}

// Snapshot is what the recorder has heard up to now.
func (r *Recorder) Snapshot() *Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &Snapshot{
		Start: r.start, Took: time.Since(r.start), Dropped: r.dropped,
		Rows: slices.Clone(r.rows), Spans: slices.Clone(r.spans), Notes: slices.Clone(r.notes),
	}
	for _, o := range r.open {
		o.Open, o.Took = true, s.Took-o.Start
		s.Spans = append(s.Spans, o)
	}
	slices.SortStableFunc(s.Spans, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.Took, a.Took))
	})
	return s
}

// Lanes says for each span in which lane of its row it is drawn, so that no two of a lane
// overlap, but for the phases of a set-up, which are within it. Calls, transfers and
// set-ups have lanes of their own, from 0 on.
func (s *Snapshot) Lanes() []int {
	type group struct {
		row  int
		kind Kind
	}
	busy := map[group][]time.Duration{} // when each lane is free
	lanes := make([]int, len(s.Spans))
	for i, span := range s.Spans {
		if span.Kind == Phase {
			continue // one set-up at a time makes a context
		}
		g := group{span.Row, span.Kind}
		free := busy[g]
		lane := slices.IndexFunc(free, func(until time.Duration) bool { return until <= span.Start })
		if lane < 0 {
			lane = len(free)
			free = append(free, 0)
		}
		free[lane] = span.Start + span.Took
		busy[g], lanes[i] = free, lane
	}
	return lanes
}
