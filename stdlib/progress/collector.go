package progress

import (
	"strings"
	"sync"
	"time"
)

// What a context below may show: bars at a time, and bars begun in a second.
const (
	maxBars      = 16
	maxBegun     = 20
	maxTitle     = 200 // characters
	maxDone      = 1 << 62
	begunForgets = time.Second
)

// Collector shows the bars of other contexts beside those of this process, under
// numbers of its own. It bounds what a context can make it show.
type Collector struct {
	host *Host
	now  func() time.Time

	mu   sync.Mutex
	from map[any]*reporter // guarded by mu
}

// reporter is a context that has bars.
type reporter struct {
	bars  map[int64]Event // as they are shown, by the number that the context gave
	begun int             // since the time below
	since time.Time
}

// NewCollector makes a Collector that shows bars where host does.
func NewCollector(host *Host) *Collector {
	return &Collector{host: host, now: time.Now, from: map[any]*reporter{}}
}

// Report shows a report of the context called name; source, any key of a map, stands
// for it. It says whether that is the first report since the context was last gone.
func (c *Collector) Report(source any, name string, e Event) (first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.from[source]
	if r == nil {
		r, first = &reporter{bars: map[int64]Event{}}, true
		c.from[source] = r
	}
	shown, known := r.bars[e.ID]
	if !known {
		if e.Finished || !r.mayBegin(c.now()) {
			return first
		}
		shown = Event{ID: c.host.last.Add(1), Title: strings.TrimSuffix(name+": "+cut(e.Title), ": ")}
	}
	shown.Total, shown.Done = min(e.Total, maxDone), min(max(e.Done, 0), maxDone)
	shown.Finished = e.Finished
	if r.bars[e.ID] = shown; e.Finished {
		delete(r.bars, e.ID)
	}
	c.report(shown)
	return first
}

func (r *reporter) mayBegin(now time.Time) bool {
	if now.Sub(r.since) >= begunForgets {
		r.since, r.begun = now, 0
	}
	if len(r.bars) >= maxBars || r.begun >= maxBegun {
		return false
	}
	r.begun++
	return true
}

// Gone ends the bars of a context that is no more.
func (c *Collector) Gone(source any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.from[source]
	if r == nil {
		return
	}
	delete(c.from, source)
	for _, e := range r.bars {
		e.Finished, e.Lost = true, true
		c.report(e)
	}
}

func (c *Collector) report(e Event) {
	if c.host.Sink != nil {
		c.host.Sink.Report(e)
	}
}

func cut(title string) string {
	if r := []rune(strings.ToValidUTF8(title, "?")); len(r) > maxTitle {
		return string(r[:maxTitle]) + "…"
	}
	return title
}

// Sparse is a Sink that hands on the first and the last report of each bar, and
// between them the newest ten times a second at most. While that waits, so do others.
type Sparse struct {
	to Sink

	mu   sync.Mutex
	bars map[int64]*sparseBar // guarded by mu: those that are not finished
}

type sparseBar struct {
	last   time.Time
	newest Event
	due    bool // newest will be handed on
}

// NewSparse makes a Sparse before the Sink to.
func NewSparse(to Sink) *Sparse { return &Sparse{to: to, bars: map[int64]*sparseBar{}} }

// Report hands a report on, now or later, unless a newer one comes before.
func (s *Sparse) Report(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bars[e.ID]
	if e.Finished {
		delete(s.bars, e.ID)
		s.to.Report(e)
		return
	}
	if b == nil {
		b = &sparseBar{}
		s.bars[e.ID] = b
	}
	b.newest = e
	wait := interval - time.Since(b.last)
	if wait <= 0 {
		b.last = time.Now()
		s.to.Report(e)
	} else if !b.due {
		b.due = true
		time.AfterFunc(wait, func() { s.late(e.ID) })
	}
}

func (s *Sparse) late(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.bars[id]; b != nil {
		b.due, b.last = false, time.Now()
		s.to.Report(b.newest)
	}
}
