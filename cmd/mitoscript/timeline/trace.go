package timeline

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// event is one of Chrome's trace format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
type event struct {
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Phase    string         `json:"ph"`
	At       float64        `json:"ts"` // microseconds, as Took
	Took     *float64       `json:"dur,omitempty"`
	Process  int            `json:"pid"`
	Thread   int            `json:"tid"`
	Scope    string         `json:"s,omitempty"`
	Args     map[string]any `json:"args,omitempty"`
}

// The first thread of each kind of span; lanes beyond the first follow.
const (
	threadConnection = 1
	threadLife       = 2
	threadLog        = 3
	threadCalls      = 1_000
	threadTransfers  = 1_000_000
)

// WriteTrace writes the snapshot in Chrome's trace format, as Perfetto and
// chrome://tracing open it. A context is a process there.
func (s *Snapshot) WriteTrace(w io.Writer) error {
	out := &traceWriter{w: bufio.NewWriter(w)}
	out.text("{\"displayTimeUnit\":\"ms\",\"otherData\":")
	out.json(map[string]any{
		"title": s.Title, "start": s.Start.Format(time.RFC3339Nano), "exit status": s.Status, "failure": s.Failure, "left out": s.Dropped,
	})
	out.text(",\"traceEvents\":[\n")
	s.processes(out)
	threads := map[[2]int]string{}
	lanes := s.Lanes()
	for i, span := range s.Spans {
		e := span.event(lanes[i])
		threads[[2]int{e.Process, e.Thread}] = threadName(span.Kind, lanes[i])
		out.event(e)
	}
	for _, n := range s.Notes {
		threads[[2]int{n.Row + 1, threadLog}] = "log"
		out.event(event{
			Name: n.Level, Category: "log", Phase: "i", Scope: "t", At: micros(n.At), Process: n.Row + 1, Thread: threadLog,
			Args: map[string]any{"text": n.Text},
		})
	}
	for id, name := range threads {
		out.thread(id[0], id[1], name)
	}
	out.text("\n]}\n")
	if out.err != nil {
		return out.err
	}
	return out.w.Flush()
}

// processes names the contexts, and says how long each was there.
func (s *Snapshot) processes(out *traceWriter) {
	for i, row := range s.Rows {
		out.event(event{Name: "process_name", Phase: "M", Process: i + 1, Args: map[string]any{"name": row.Name}})
		out.event(event{Name: "process_sort_index", Phase: "M", Process: i + 1, Args: map[string]any{"sort_index": i}})
		if row.Ready < 0 || i == 0 {
			continue
		}
		gone := row.Gone
		if gone < 0 {
			gone = s.Took
		}
		took := micros(max(gone-row.Ready, 0))
		out.thread(i+1, threadLife, "context")
		out.event(event{
			Name: "connected", Category: "context", Phase: "X", At: micros(row.Ready), Took: &took, Process: i + 1, Thread: threadLife,
			Args: map[string]any{"method": row.Method, "via": row.Via},
		})
	}
}

func (s Span) event(lane int) event {
	took := micros(s.Took)
	e := event{
		Name: s.Name, Category: string(s.Kind), Phase: "X", At: micros(s.Start), Took: &took,
		Process: s.Row + 1, Thread: lane, Args: map[string]any{},
	}
	switch s.Kind {
	case Call:
		e.Thread += threadCalls
	case Transfer:
		e.Thread += threadTransfers
		e.Args["bytes"] = s.Bytes
	default:
		e.Thread += threadConnection
	}
	if s.Kind == Connect {
		e.Name = "connect: " + s.Name
	}
	if s.Detail != "" {
		e.Args["detail"] = s.Detail
	}
	if s.Failed != nil {
		e.Args["error"] = string(s.Failed.Kind) + ": " + s.Failed.Message
		e.Category += ",error"
	}
	if s.Open {
		e.Args["ended"] = false
	}
	return e
}

func threadName(k Kind, lane int) string {
	name := map[Kind]string{Connect: "connection", Phase: "connection", Call: "calls", Transfer: "transfers"}[k]
	if lane > 0 {
		return fmt.Sprintf("%s %d", name, lane+1)
	}
	return name
}

// micros are microseconds, to the nanosecond.
func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// traceWriter writes events after commas, until an error.
type traceWriter struct {
	w    *bufio.Writer
	some bool
	err  error
}

func (t *traceWriter) text(s string) {
	if t.err == nil {
		_, t.err = t.w.WriteString(s)
	}
}

func (t *traceWriter) json(v any) {
	data, err := json.Marshal(v)
	if err != nil && t.err == nil {
		t.err = err
	}
	t.text(string(data))
}

// thread names a thread, and gives it its place among those of its process.
func (t *traceWriter) thread(process, id int, name string) {
	t.event(event{Name: "thread_name", Phase: "M", Process: process, Thread: id, Args: map[string]any{"name": name}})
	t.event(event{Name: "thread_sort_index", Phase: "M", Process: process, Thread: id, Args: map[string]any{"sort_index": id}})
}

func (t *traceWriter) event(e event) {
	if t.some {
		t.text(",\n")
	}
	t.some = true
	t.json(e)
}
