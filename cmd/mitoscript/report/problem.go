package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/timeline"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// fault is what failed, and how.
type fault struct {
	What, Kind, Message, Hint, Traceback string
}

// problem is a fault, with all places where it happened.
type problem struct {
	fault
	Places []place
	More   int    // places that are not told
	When   string // "at 10 ms, after 20 ms", or of the first and the last

	first, last, shortest, longest time.Duration
}

// place is a context in which something failed.
type place struct {
	Row   int
	Name  string
	Count int
}

// problems collects what failed; what is the same in many contexts is told once, and
// what happened in most of them first.
func (v *view) problems(s *timeline.Snapshot) {
	byFault := map[fault]*problem{}
	var all []*problem
	for _, span := range s.Spans {
		if span.Failed == nil || span.Kind == timeline.Phase {
			continue // that of a phase is its set-up's too
		}
		v.Failures++
		f := newFault(s, span)
		p := byFault[f]
		if p == nil {
			p = &problem{fault: f, first: span.Start, shortest: span.Took}
			byFault[f], all = p, append(all, p)
		}
		p.add(s, span)
	}
	slices.SortStableFunc(all, func(a, b *problem) int { return b.spread() - a.spread() })
	for _, p := range all[:min(len(all), maxErrors)] {
		slices.SortFunc(p.Places, func(a, b place) int { return compareNames(a.Name, b.Name) })
		v.Errors = append(v.Errors, p.told())
	}
	v.MoreErrors = max(len(all)-maxErrors, 0)
}

// spread is in how many contexts it happened.
func (p *problem) spread() int { return len(p.Places) + p.More }

func (p *problem) add(s *timeline.Snapshot, span timeline.Span) {
	p.last, p.longest, p.shortest = max(p.last, span.Start), max(p.longest, span.Took), min(p.shortest, span.Took)
	i := slices.IndexFunc(p.Places, func(at place) bool { return at.Row == span.Row })
	switch {
	case i >= 0:
		p.Places[i].Count++
	case len(p.Places) < maxPlaces:
		p.Places = append(p.Places, place{Row: span.Row, Name: s.Rows[span.Row].Name, Count: 1})
	default:
		p.More++
	}
}

func (p *problem) told() problem {
	p.When = fmt.Sprintf("at %s, after %s", between(p.first, p.last), between(p.shortest, p.longest))
	return *p
}

// between is a time, or from when to when.
func between(from, to time.Duration) string {
	if show(from) == show(to) {
		return show(from)
	}
	return show(from) + " to " + show(to)
}

func newFault(s *timeline.Snapshot, span timeline.Span) fault {
	e, host := span.Failed, s.Rows[span.Row].Name
	f := fault{What: map[timeline.Kind]string{timeline.Connect: "connect by ", timeline.Call: "call ", timeline.Transfer: ""}[span.Kind] + span.Name}
	if phase := attribute(e, "phase"); phase != "" {
		f.What += ", phase " + phase
	}
	f.Hint = attribute(e, "hint")
	for e.Kind == value.KindCall && e.Cause != nil { // what the function raised says more
		e = e.Cause
	}
	f.Kind = string(e.Kind)
	f.Message = strings.TrimPrefix(strings.TrimPrefix(e.Message, "ssh "+host+": "), host+": ") // the name stands above it
	for _, frame := range e.Traceback {
		f.Traceback += frame.String() + "\n"
	}
	return f
}

// attribute is a text that an error, or one behind it, has.
func attribute(e *value.Error, name string) string {
	for ; e != nil; e = e.Cause {
		for _, a := range e.Attrs {
			if text, ok := a.Value.(string); ok && a.Name == name {
				return text
			}
		}
	}
	return ""
}
