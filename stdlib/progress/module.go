package progress

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Event says how far a bar is. It is the whole of what a report carries.
type Event struct {
	// ID tells bars of one process apart; it counts from 1.
	ID    int64
	Title string
	// Done of Total are done; a Total of 0 or less is not known.
	Done, Total int64
	// Finished is set in the last event of a bar, Lost too if its context went before.
	Finished, Lost bool
}

// Sink is where bars report to. It is safe for concurrent use and does not wait.
type Sink interface {
	Report(Event)
}

// SinkFunc makes a Sink of a function, as a child's is that sends to the master.
type SinkFunc func(Event)

// Report calls f.
func (f SinkFunc) Report(e Event) { f(e) }

// Host is where the module's bars report to.
type Host struct {
	// Sink gets their events; nil drops them.
	Sink Sink

	last atomic.Int64
}

// Module makes the module progress.
func Module(h *Host) *interp.Module {
	title := interp.Param{Name: "title", Doc: "What the job is called.", Default: ""}
	const live = "its result, a live bar, cannot travel"
	return &interp.Module{Name: "progress", Doc: "Bars that show how far a job is.", Funcs: []*interp.Func{
		{Name: "bar", Doc: "Returns a bar with the methods add(n=1), set(n) and done().", NoTarget: live, Blocking: true,
			Params: []interp.Param{{Name: "total", Doc: "How much there is to do; None or 0 if nobody knows.", Required: true}, title},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				total, err := a.Int("total")
				if err != nil {
					return nil, err
				}
				name, err := a.String("title")
				if err != nil {
					return nil, err
				}
				return h.newBar(total, name), nil
			}},
		{Name: "track", Doc: "Returns what walks the items of a list and shows how far it is.", NoTarget: live,
			Params: []interp.Param{{Name: "iterable", Doc: "A list, tuple, set, dict (its keys), or an object that can be walked.", Required: true}, title},
			Impl:   h.track},
	}}
}

func (h *Host) track(_ context.Context, a *interp.Args) (value.Value, error) {
	name, err := a.String("title")
	if err != nil {
		return nil, err
	}
	var items []value.Value
	switch v := a.Value("iterable").(type) {
	case value.List:
		items = v
	case value.Tuple:
		items = v
	case *value.Set:
		items = v.Items()
	case *value.Dict:
		for _, it := range v.Items() {
			items = append(items, it.Key)
		}
	case interp.Iterable:
		return &tracked{next: v.Next, bar: h.newBar(0, name)}, nil
	default:
		return nil, a.Errorf("argument iterable: %s cannot be walked", value.TypeName(v))
	}
	i := 0
	next := func(context.Context) (value.Value, bool, error) {
		if i == len(items) {
			return nil, false, nil
		}
		i++
		return items[i-1], true, nil
	}
	return &tracked{next: next, bar: h.newBar(int64(len(items)), name)}, nil
}

// tracked walks items; one counts as done when the next is asked for.
type tracked struct {
	mu      sync.Mutex
	next    func(context.Context) (value.Value, bool, error) // guarded by mu
	bar     *bar
	started bool // guarded by mu
}

// TypeName makes it an interp.Object.
func (*tracked) TypeName() string { return "Track" }

// Attr finds nothing: it has no attributes.
func (*tracked) Attr(string) (value.Value, bool) { return nil, false }

// AttrNames is empty.
func (*tracked) AttrNames() []string { return nil }

// Next gives the next item.
func (t *tracked) Next(ctx context.Context) (value.Value, bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok, err := t.next(ctx)
	if t.started && err == nil {
		t.bar.move(func(n int64) int64 { return n + 1 })
	}
	if t.started = true; !ok || err != nil {
		t.bar.finish()
	}
	return v, ok, err
}
