package progress

import (
	"fmt"
	"io"
	"sync"
	"unicode"
)

// Lines is a Sink that writes plain lines: when a bar starts, every 10 %, and
// when it is finished.
type Lines struct {
	w io.Writer

	mu    sync.Mutex
	tenth map[int64]int64 // guarded by mu: the last tenth written, by bar
}

// NewLines makes a Sink that writes lines to w.
func NewLines(w io.Writer) *Lines { return &Lines{w: w, tenth: map[int64]int64{}} }

// Report writes a line if there is something new to say.
func (l *Lines) Report(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, known := l.tenth[e.ID]
	now := percent(e) / 10
	switch {
	case e.Lost:
		delete(l.tenth, e.ID)
		l.line(e, "ended with its context, "+counts(e))
	case e.Finished:
		delete(l.tenth, e.ID)
		l.line(e, "finished, "+counts(e))
	case !known:
		l.tenth[e.ID] = now
		l.line(e, "started")
	case e.Total > 0 && now > last && now < 10:
		l.tenth[e.ID] = now
		l.line(e, fmt.Sprintf("%d %%, %s", now*10, counts(e)))
	}
}

func (l *Lines) line(e Event, what string) {
	_, _ = fmt.Fprintf(l.w, "%s: %s\n", name(e), what) // nobody could be told of a failure
}

// percent is from 0 to 100; 0 if the total is not known.
func percent(e Event) int64 {
	if e.Total <= 0 {
		return 0
	}
	return int64(min(max(float64(e.Done)/float64(e.Total), 0), 1) * 100)
}

func counts(e Event) string {
	if e.Total <= 0 {
		return fmt.Sprintf("%d", e.Done)
	}
	return fmt.Sprintf("%d of %d", e.Done, e.Total)
}

// name is the title without what moves a terminal's cursor or is not seen.
func name(e Event) string {
	if e.Title == "" {
		return "progress"
	}
	out := []rune(e.Title)
	for i, r := range out {
		if !unicode.IsPrint(r) {
			out[i] = ' '
		}
	}
	return string(out)
}
