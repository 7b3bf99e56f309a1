package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// interval is how long a drawing stands at least, unless a bar begins or ends.
const interval = 100 * time.Millisecond

// Drawing is a Sink that draws all unfinished bars below each other at the bottom
// of a terminal, each in one line; finished ones stay above them.
type Drawing struct {
	w    io.Writer
	size func() (columns, rows int)
	time Clock

	mu    sync.Mutex
	bars  []Event   // guarded by mu
	lines int       // guarded by mu: how many are drawn now
	last  time.Time // guarded by mu
	open  bool      // guarded by mu: others wrote a line that has no end yet
	due   bool      // guarded by mu: late will be called
}

// Clock is the time by which a Drawing draws. Its functions are safe for concurrent
// use.
type Clock struct {
	Now func() time.Time
	// After calls fn once d has passed.
	After func(d time.Duration, fn func())
}

// NewDrawing makes a Sink that draws on the terminal w, whose size is asked before
// each drawing; below 1 counts as 80 and 24.
func NewDrawing(w io.Writer, size func() (columns, rows int), clock Clock) *Drawing {
	return &Drawing{w: w, size: size, time: clock}
}

// Through gives a writer to the same terminal for what is not a bar: that comes to
// stand above the bars.
func (d *Drawing) Through(w io.Writer) io.Writer { return &above{d, w} }

type above struct {
	d *Drawing
	w io.Writer
}

func (a *above) Write(p []byte) (int, error) {
	d := a.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lines > 0 {
		_, _ = io.WriteString(d.w, d.erase())
		d.lines = 0
	}
	n, err := a.w.Write(p)
	if len(p) > 0 {
		d.open = p[len(p)-1] != '\n'
	}
	if len(d.bars) > 0 && !d.open {
		d.draw()
	}
	return n, err
}

// Report draws, at most ten times a second while bars only move.
func (d *Drawing) Report(e Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := false
	for i := range d.bars {
		if d.bars[i].ID == e.ID {
			d.bars[i], known = e, true
		}
	}
	if !known {
		d.bars = append(d.bars, e)
	}
	now := d.time.Now()
	switch wait := interval - now.Sub(d.last); {
	case !known || e.Finished || wait <= 0:
		d.last = now
		d.draw()
	case !d.due:
		d.due = true
		d.time.After(wait, d.Flush)
	}
}

// Flush draws what was reported and not drawn yet.
func (d *Drawing) Flush() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.due {
		d.due, d.last = false, d.time.Now()
		d.draw()
	}
}

func (d *Drawing) draw() {
	var b strings.Builder
	if d.open {
		b.WriteString("\n")
		d.open = false
	}
	b.WriteString(d.erase())
	width, height := d.size()
	if width < 1 || height < 1 {
		width, height = 80, 24
	}
	var running []Event
	for _, e := range d.bars { // the finished ones go to the top and are left behind
		if e.Finished {
			b.WriteString(picture(e, width) + "\n")
		} else {
			running = append(running, e)
		}
	}
	d.bars, d.lines = running, len(running)
	shown := running
	if room := max(height-2, 0); len(running) > room+1 { // what scrolled off cannot be drawn over
		shown, d.lines = running[:room], room+1
	}
	for _, e := range shown {
		b.WriteString(picture(e, width) + "\n")
	}
	if more := len(running) - len(shown); more > 0 {
		b.WriteString(fit(fmt.Sprintf("and %d more", more), width-1) + "\n")
	}
	_, _ = io.WriteString(d.w, b.String()) // nobody could be told of a failure
}

// erase goes to where the drawing begins and clears from there.
func (d *Drawing) erase() string {
	if d.lines == 0 {
		return "\r\x1b[J"
	}
	return fmt.Sprintf("\x1b[%dA\r\x1b[J", d.lines)
}

// picture is one bar in at most width-1 columns: title [####    ]  50 % 1 of 2.
func picture(e Event, width int) string {
	head, tail := name(e), " "+counts(e)
	if e.Total > 0 {
		tail = fmt.Sprintf(" %3d %% %s", percent(e), counts(e))
	} else if e.Finished && !e.Lost {
		tail += " finished"
	}
	if e.Lost {
		tail += " ended"
	}
	width-- // the last column makes some terminals wrap
	room := width - columnsOf(head) - len(tail) - 3
	if e.Total > 0 && room >= 5 {
		room = min(room, 40)
		full := int(percent(e)) * room / 100
		head += " [" + strings.Repeat("#", full) + strings.Repeat(" ", room-full) + "]"
	}
	if free := width - len(tail); free > 0 {
		head = fit(head, free)
	}
	return fit(head+tail, width)
}

// fit cuts s to a number of columns.
func fit(s string, columns int) string {
	for i, r := range s {
		if columns -= columnsOf(string(r)); columns < 0 {
			return s[:i]
		}
	}
	return s
}

// columnsOf is at least the number of columns that s takes: what may be wide counts
// as wide.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		if n++; r >= firstWide {
			n++
		}
	}
	return n
}

// firstWide is the first character that takes two columns (Hangul Jamo).
const firstWide = 0x1100
