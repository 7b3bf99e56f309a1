package progress

import (
	"context"
	"sync"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// bar is one bar in the process of the script.
type bar struct {
	sink Sink

	mu    sync.Mutex
	event Event // guarded by mu
}

func (h *Host) newBar(total int64, title string) *bar {
	b := &bar{sink: h.Sink, event: Event{ID: h.last.Add(1), Title: title, Total: total}}
	if b.sink == nil {
		b.sink = SinkFunc(func(Event) {})
	}
	b.sink.Report(b.event)
	return b
}

// Follow shows the progress of other work than a script's: report tells how much
// of how much is done, from the first time on by a bar, which end finishes. Both
// are for one goroutine at a time.
func (h *Host) Follow(title string) (report func(done, total int64), end func()) {
	var b *bar
	report = func(done, total int64) {
		if b == nil {
			b = h.newBar(total, title)
		}
		b.move(func(int64) int64 { return done })
	}
	return report, func() {
		if b != nil {
			b.finish()
		}
	}
}

// move sets how much is done; a finished bar stays as it is.
func (b *bar) move(to func(done int64) int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.event.Finished {
		b.event.Done = max(to(b.event.Done), 0)
		b.sink.Report(b.event)
	}
}

func (b *bar) finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.event.Finished {
		b.event.Finished = true
		b.sink.Report(b.event)
	}
}

// TypeName makes a bar an interp.Object.
func (*bar) TypeName() string { return "Bar" }

// AttrNames lists the methods of a bar.
func (*bar) AttrNames() []string { return []string{"add", "done", "set"} }

// Attr returns a method of a bar.
func (b *bar) Attr(name string) (value.Value, bool) {
	switch name {
	case "add":
		return b.mover(name, "Counts further work as done.", interp.Param{Name: "n", Doc: "How much.", Default: int64(1)},
			func(done, n int64) int64 { return done + n }), true
	case "set":
		return b.mover(name, "Sets how much is done.", interp.Param{Name: "n", Doc: "How much.", Required: true},
			func(_, n int64) int64 { return n }), true
	case "done":
		return &interp.Func{Name: name, Doc: "Ends the bar.", Blocking: true, Impl: func(context.Context, *interp.Args) (value.Value, error) {
			b.finish()
			return nil, nil
		}}, true
	}
	return nil, false
}

func (b *bar) mover(name, doc string, p interp.Param, to func(done, n int64) int64) *interp.Func {
	return &interp.Func{Name: name, Doc: doc, Params: []interp.Param{p}, Blocking: true,
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			n, err := a.Int("n")
			if err == nil {
				b.move(func(done int64) int64 { return to(done, n) })
			}
			return nil, err
		}}
}
