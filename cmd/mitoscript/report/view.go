package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/timeline"
)

// The bounds of the page: what is beyond them is counted there.
const (
	maxBars   = 400 // of a row of the timeline
	maxCalls  = 100
	maxErrors = 200 // that differ
	maxPlaces = 500 // where one of them happened
	maxNotes  = 500
)

// view is what the page shows.
type view struct {
	Title, Started, Took   string
	Status                 int
	Failure                string
	Hosts, Calls, Failures int
	Moved                  string
	Errors                 []problem
	MoreErrors             int
	Ticks                  []tick
	Rows                   []row
	Functions              []function
	Slowest                []call
	MoreCalls              int
	Notes                  []note
	MoreNotes              int
	Dropped                int
}

type tick struct {
	Left  float64 // percent
	Label string
}

// row is a context in the timeline, and in the table of hosts.
type row struct {
	Index                 int
	Name, Method, Via     string
	State                 string // "ok", "failed" or "unreachable"
	Connect, Slowest      string
	Calls, Failures       int
	Moved                 string
	Lanes                 int
	Bars                  []bar
	HasLife               bool
	LifeLeft, LifeWidth   float64
	connecting, slowPhase time.Duration
	moved                 int64
	dropped               int
}

// Dropped is how many bars found no room.
func (r row) Dropped() int { return r.dropped }

// Height is that of its track, in rem.
func (r row) Height() float64 { return 0.3 + laneHeight*float64(max(r.Lanes, 1)) }

// laneHeight is in rem.
const laneHeight = 1.05

type bar struct {
	Left, Width float64 // percent
	Top         float64 // rem
	Class       string
	Tip         string
}

// function is all calls of one function.
type function struct {
	Name               string
	Count, Failures    int
	Total, Median, Max string
	SlowestOn          string
	took               []time.Duration
	total, longest     time.Duration
	TotalShare         float64 // percent of the greatest total
}

type call struct {
	Name, Where, At, Took, State string
}

type note struct{ At, Level, Where, Text string }

func newView(s *timeline.Snapshot) *view {
	v := &view{
		Title: s.Title, Started: s.Start.Format("2006-01-02 15:04:05 MST"), Took: show(s.Took), Status: s.Status, Failure: s.Failure,
		Dropped: s.Dropped,
	}
	v.ticks(s.Took)
	v.rows(s)
	v.problems(s)
	v.calls(s)
	v.notes(s)
	return v
}

// ticks divides the time into four to ten round pieces.
func (v *view) ticks(whole time.Duration) {
	step := niceStep(whole)
	for at := time.Duration(0); at < whole; at += step {
		if left := percent(at, whole); left < 94 {
			v.Ticks = append(v.Ticks, tick{left, show(at)})
		}
	}
}

// niceStep is 1, 2 or 5 of a power of ten, so that whole has less than eight of it.
func niceStep(whole time.Duration) time.Duration {
	for base := time.Microsecond; ; base *= 10 {
		for _, factor := range []time.Duration{1, 2, 5} {
			if whole/(base*factor) < 8 {
				return base * factor
			}
		}
	}
}

func (v *view) rows(s *timeline.Snapshot) {
	rows := make([]row, len(s.Rows))
	for i, r := range s.Rows {
		rows[i] = row{Index: i, Name: r.Name, Method: r.Method, Via: r.Via, State: "ok"}
		if i == 0 || r.Ready < 0 {
			continue
		}
		gone := r.Gone
		if gone < 0 {
			gone = s.Took
		}
		rows[i].HasLife, rows[i].LifeLeft, rows[i].LifeWidth = true, percent(r.Ready, s.Took), percent(max(gone-r.Ready, 0), s.Took)
	}
	lanes := s.Lanes()
	for i, span := range s.Spans {
		rows[span.Row].add(span, lanes[i], s.Took)
	}
	for i := range rows {
		r := &rows[i]
		if i > 0 {
			v.Hosts++
		}
		v.Calls += r.Calls
		if r.connecting > 0 {
			r.Connect = show(r.connecting)
		}
		if r.moved > 0 {
			r.Moved = size(r.moved)
		}
		if i > 0 || len(r.Bars) > 0 {
			v.Rows = append(v.Rows, *r)
		}
	}
	slices.SortStableFunc(v.Rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(urgency(a.State), urgency(b.State)), compareNames(a.Name, b.Name))
	})
	var moved int64
	for _, r := range rows {
		moved += r.moved
	}
	if moved > 0 {
		v.Moved = size(moved)
	}
}

// urgency sorts what failed first.
func urgency(state string) int { return slices.Index([]string{"unreachable", "failed", "ok"}, state) }

func (r *row) add(span timeline.Span, lane int, whole time.Duration) {
	class := string(span.Kind)
	switch span.Kind {
	case timeline.Connect:
		r.connecting = span.Took
		if r.State = "ok"; span.Failed != nil { // it may be made anew
			r.State = "unreachable"
		}
		return // its phases are drawn
	case timeline.Phase:
		class += " " + phaseClass(span.Name)
		if span.Took > r.slowPhase {
			r.slowPhase, r.Slowest = span.Took, span.Name+" "+show(span.Took)
		}
	case timeline.Call:
		r.Calls++
	case timeline.Transfer:
		r.moved += span.Bytes
	}
	if span.Failed != nil {
		class += " bad"
		if span.Kind != timeline.Phase {
			r.Failures++
			if r.State == "ok" {
				r.State = "failed"
			}
		}
	}
	if span.Open {
		class += " open"
	}
	const maxLanes = 8 // what runs beside more is drawn over another
	lane = min(lane, maxLanes)
	if len(r.Bars) >= maxBars {
		r.dropped++
		return
	}
	r.Lanes = max(r.Lanes, lane+1)
	r.Bars = append(r.Bars, bar{
		Left: percent(span.Start, whole), Width: percent(span.Took, whole), Top: 0.2 + laneHeight*float64(lane), Class: class, Tip: tip(span),
	})
}

// phaseClass is one of few: what a person tells apart is the network, the login and the
// work on the target.
func phaseClass(name string) string {
	switch name {
	case "configuration", "name", "port":
		return "network"
	case "key exchange", "host key", "authentication":
		return "login"
	case "cache", "push", "image":
		return "push"
	}
	return "target"
}

func tip(s timeline.Span) string {
	text := s.Name + ", " + show(s.Took)
	if s.Open {
		text += ", had not ended"
	}
	if s.Detail != "" {
		text += "\n" + s.Detail
	}
	if s.Bytes > 0 {
		text += "\n" + size(s.Bytes)
	}
	if s.Failed != nil {
		text += "\n" + string(s.Failed.Kind) + ": " + short(s.Failed.Message)
	}
	return text
}

func (v *view) calls(s *timeline.Snapshot) {
	byName := map[string]*function{}
	var all []timeline.Span
	for _, span := range s.Spans {
		if span.Kind != timeline.Call && span.Kind != timeline.Transfer {
			continue
		}
		all = append(all, span)
		f := byName[span.Name]
		if f == nil {
			f = &function{Name: span.Name}
			byName[span.Name] = f
		}
		f.add(span, s.Rows[span.Row].Name)
	}
	for _, f := range byName {
		v.Functions = append(v.Functions, f.summed())
	}
	slices.SortFunc(v.Functions, func(a, b function) int { return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.Name, b.Name)) })
	if len(v.Functions) > maxCalls {
		v.Functions = v.Functions[:maxCalls]
	}
	for i := range v.Functions {
		v.Functions[i].TotalShare = percent(v.Functions[i].total, v.Functions[0].total)
	}
	slices.SortStableFunc(all, func(a, b timeline.Span) int { return cmp.Compare(b.Took, a.Took) })
	v.MoreCalls = max(len(all)-maxCalls, 0)
	for _, span := range all[:min(len(all), maxCalls)] {
		c := call{Name: span.Name, Where: s.Rows[span.Row].Name, At: show(span.Start), Took: show(span.Took), State: "ok"}
		if span.Open {
			c.State = "had not ended"
		}
		if span.Failed != nil {
			c.State = string(span.Failed.Kind)
			if span.Failed.Cause != nil {
				c.State = string(span.Failed.Cause.Kind)
			}
		}
		v.Slowest = append(v.Slowest, c)
	}
}

func (f *function) add(span timeline.Span, where string) {
	f.Count++
	if span.Failed != nil {
		f.Failures++
	}
	f.took = append(f.took, span.Took)
	f.total += span.Took
	if span.Took > f.longest || f.SlowestOn == "" {
		f.longest, f.SlowestOn = span.Took, where
	}
}

func (f *function) summed() function {
	slices.Sort(f.took)
	f.Total, f.Max, f.Median = show(f.total), show(f.longest), show(f.took[len(f.took)/2])
	return *f
}

func (v *view) notes(s *timeline.Snapshot) {
	for _, n := range s.Notes {
		if len(v.Notes) >= maxNotes {
			v.MoreNotes++
			continue
		}
		v.Notes = append(v.Notes, note{At: show(n.At), Level: n.Level, Where: s.Rows[n.Row].Name, Text: n.Text})
	}
}

// short is a text in few words.
func short(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}

func percent(part, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return min(max(float64(part)/float64(whole)*100, 0), 100)
}

// show is a time in three digits.
func show(d time.Duration) string {
	switch {
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d == 0:
		return "0"
	}
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}

func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}
