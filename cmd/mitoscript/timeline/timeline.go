// Package timeline records what a run does, and when: the phases of connections, calls
// and transfers, by context. A Recorder is told; a Snapshot is what it has heard, and
// can be written in Chrome's trace format.
package timeline

import (
	"strings"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// MaxSpans is how many spans are kept, and how many notes; later ones are counted only.
const MaxSpans = 500_000

// Kind says what a span is.
type Kind string

// The kinds of spans.
const (
	Connect  Kind = "connect" // a whole set-up
	Phase    Kind = "phase"   // a part of one
	Call     Kind = "call"
	Transfer Kind = "transfer"
)

// Span is something that took time in a context.
type Span struct {
	Row    int // an index of Snapshot.Rows
	Kind   Kind
	Name   string
	Detail string
	// Start is since that of the recorder.
	Start, Took time.Duration
	// Open: it had not ended. Took is then the time until the snapshot.
	Open bool
	// Bytes are those of files that were moved.
	Bytes int64
	// Failed is why it failed; nil if it did not.
	Failed *value.Error
}

// Row is a context, or one that could not be made.
type Row struct {
	Name   string
	Method string // "ssh"; "" if it is not known how it was made
	Via    string // the context that made it; "" for the master
	// Ready and Gone are when it was there and when it had gone, -1 if that is not so.
	Ready, Gone time.Duration
}

// Note is a record of the log.
type Note struct {
	Row   int
	At    time.Duration
	Level string
	Text  string
}

// Recorder hears of a run. Its methods may be called side by side.
type Recorder struct {
	start time.Time
	max   int // spans, and notes

	mu        sync.Mutex
	rows      []Row                    // guarded by mu, as all that follows
	spans     []Span                   // those that ended
	open      map[uint64]Span          // those that have not
	last      uint64                   // key of open
	dropped   int                      // spans and notes that found no room
	notes     []Note                   //
	byContext map[*mitogen.Context]int // rows
	bySetup   map[setup]int            // rows of set-ups that have not ended
	failed    map[string]int           // rows of set-ups that failed, by name
}

// setup names a set-up: each tree counts its own.
type setup struct {
	tree   any
	number uint64
}

// New returns a Recorder whose time begins now. Its first row is the master.
func New() *Recorder {
	return &Recorder{
		start: time.Now(), max: MaxSpans, rows: []Row{{Name: "master", Gone: -1}}, open: map[uint64]Span{},
		byContext: map[*mitogen.Context]int{}, bySetup: map[setup]int{}, failed: map[string]int{},
	}
}

// OnStep gives what hears of the phases of the set-ups of a tree. tree is any value that
// is the tree's own.
func (r *Recorder) OnStep(tree any) func(parent.Step) {
	return func(s parent.Step) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.addLocked(Span{
			Row: r.setupRowLocked(setup{tree, s.Setup}, s.Context, s.Method), Kind: Phase, Name: string(s.Phase), Detail: s.Detail,
			Start: s.Start.Sub(r.start), Took: s.Took, Failed: asError(s.Err),
		})
	}
}

// OnSetup gives what hears of the ends of set-ups of a tree.
func (r *Recorder) OnSetup(tree any) func(parent.Setup) {
	return func(s parent.Setup) {
		r.mu.Lock()
		defer r.mu.Unlock()
		key := setup{tree, s.Number}
		row := r.setupRowLocked(key, s.Context, s.Method)
		delete(r.bySetup, key)
		if s.Via != nil {
			r.rows[row].Via = s.Via.Name()
		}
		start := s.Start.Sub(r.start)
		r.addLocked(Span{Row: row, Kind: Connect, Name: s.Method, Start: start, Took: s.Took, Failed: asError(s.Err)})
		if s.Made == nil {
			r.failed[r.rows[row].Name] = row
			return
		}
		r.rows[row].Name, r.rows[row].Ready = s.Made.Name(), start+s.Took
		r.bindLocked(s.Made, row)
	}
}

// setupRowLocked is the row of a set-up. One that is made again after it failed keeps it.
func (r *Recorder) setupRowLocked(key setup, name, method string) int {
	row, ok := r.bySetup[key]
	if !ok {
		if name == "" {
			name = method
		}
		if row, ok = r.failed[name]; ok {
			delete(r.failed, name)
		} else {
			row = len(r.rows)
			r.rows = append(r.rows, Row{Name: name, Method: method, Ready: -1, Gone: -1})
		}
		r.bySetup[key] = row
	}
	return row
}

func (r *Recorder) bindLocked(c *mitogen.Context, row int) {
	r.byContext[c] = row
	c.Signals.Listen("disconnect", func(any) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.rows[row].Gone = time.Since(r.start)
		delete(r.byContext, c)
	})
	select {
	case <-c.Gone():
		r.rows[row].Gone = time.Since(r.start)
	default:
	}
}

// rowLocked is the row of a context, which may have been made by another.
func (r *Recorder) rowLocked(c *mitogen.Context) int {
	if row, ok := r.byContext[c]; ok {
		return row
	}
	for row := len(r.rows) - 1; row >= 0; row-- { // one that has gone
		if r.rows[row].Name == c.Name() {
			return row
		}
	}
	r.rows = append(r.rows, Row{Name: c.Name(), Ready: -1, Gone: -1})
	row := len(r.rows) - 1
	r.bindLocked(c, row)
	return row
}

// Began is that of mitogen.Observer.
func (r *Recorder) Began(w mitogen.Work) (ended func(err error, bytes int64)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := Call
	if w.Kind == mitogen.WorkTransfer {
		kind = Transfer
	}
	if len(r.spans)+len(r.open) >= r.max {
		r.dropped++
		return func(error, int64) {}
	}
	r.last++
	key, start := r.last, time.Now()
	r.open[key] = Span{Row: r.rowLocked(w.Context), Kind: kind, Name: w.Name, Start: start.Sub(r.start)}
	return func(err error, bytes int64) {
		r.mu.Lock()
		defer r.mu.Unlock()
		s, ok := r.open[key]
		if !ok {
			return
		}
		delete(r.open, key)
		s.Took, s.Bytes, s.Failed = time.Since(start), bytes, asError(err)
		r.addLocked(s)
	}
}

// maxNote bounds the text of a note, in bytes.
const maxNote = 2000

// Note hears of a record of the log; context is the name of the one that it came from,
// "" for this process.
func (r *Recorder) Note(context, level, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.notes) >= r.max {
		r.dropped++
		return
	}
	row := 0
	for i := len(r.rows) - 1; i > 0 && context != ""; i-- {
		if r.rows[i].Name == context {
			row = i
			break
		}
	}
	if len(text) > maxNote {
		text = text[:maxNote] + "…"
	}
	r.notes = append(r.notes, Note{Row: row, At: time.Since(r.start), Level: level, Text: strings.ToValidUTF8(text, "?")})
}

func (r *Recorder) addLocked(s Span) {
	if len(r.spans) >= r.max {
		r.dropped++
		return
	}
	r.spans = append(r.spans, s)
}

func asError(err error) *value.Error {
	if err == nil {
		return nil
	}
	return value.AsError(err)
}
