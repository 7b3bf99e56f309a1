package timeline_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/timeline"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// traceEvent is an event as the description of Chrome's trace format has it; a field
// that is missing is nil.
type traceEvent struct {
	Name  *string         `json:"name"`
	Cat   *string         `json:"cat"`
	Ph    *string         `json:"ph"`
	TS    *float64        `json:"ts"`
	Dur   *float64        `json:"dur"`
	PID   *int            `json:"pid"`
	TID   *int            `json:"tid"`
	Scope *string         `json:"s"`
	Args  json.RawMessage `json:"args"`
}

type traceThread struct{ pid, tid int }

// traceRules collects what a file says, and what is wrong with it.
type traceRules struct {
	processes, sorted map[int]bool
	threads           map[traceThread]bool // those that have a name
	places            map[traceThread]bool
	used              map[traceThread]bool
	slices            map[traceThread][]slice
	wrong             []string
}

// slice is a complete event in nanoseconds, as those who read the file round it.
type slice struct {
	name       string
	start, end int64
}

// checkTrace says what of a file breaks the rules of the format.
func checkTrace(data []byte) []string {
	var file struct {
		Unit   string            `json:"displayTimeUnit"`
		Other  map[string]any    `json:"otherData"`
		Events []json.RawMessage `json:"traceEvents"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return []string{err.Error()}
	}
	r := &traceRules{
		processes: map[int]bool{}, sorted: map[int]bool{}, threads: map[traceThread]bool{}, places: map[traceThread]bool{},
		used: map[traceThread]bool{}, slices: map[traceThread][]slice{},
	}
	if file.Unit != "ms" && file.Unit != "ns" {
		r.complain("displayTimeUnit is %q", file.Unit)
	}
	for _, raw := range file.Events {
		var e traceEvent
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&e); err != nil {
			r.complain("%v in %s", err, raw)
			continue
		}
		if e.Name == nil || *e.Name == "" || e.Ph == nil || e.TS == nil || e.PID == nil || e.TID == nil {
			r.complain("name, ph, ts, pid or tid is missing: %s", raw)
			continue
		}
		r.event(e, string(raw))
	}
	r.whole()
	return r.wrong
}

func (r *traceRules) complain(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

func (r *traceRules) event(e traceEvent, raw string) {
	at := traceThread{*e.PID, *e.TID}
	if *e.TS < 0 || (e.Dur != nil) != (*e.Ph == "X") || (e.Scope != nil) != (*e.Ph == "i") || (e.Cat != nil) != (*e.Ph != "M") {
		r.complain("ts, dur, s or cat does not fit the phase: %s", raw)
		return
	}
	switch *e.Ph {
	case "M":
		r.metadata(e, at, raw)
	case "i":
		r.used[at] = true
		if !slices.Contains([]string{"g", "p", "t"}, *e.Scope) {
			r.complain("the scope of an instant: %s", raw)
		}
	case "X":
		r.used[at] = true
		if *e.Dur < 0 {
			r.complain("a negative time: %s", raw)
		}
		start := int64(*e.TS * 1000)
		r.slices[at] = append(r.slices[at], slice{*e.Name, start, start + int64(*e.Dur*1000)})
	default:
		r.complain("the phase: %s", raw)
	}
}

func (r *traceRules) metadata(e traceEvent, at traceThread, raw string) {
	var args struct {
		Name  *string `json:"name"`
		Place *int    `json:"sort_index"`
	}
	dec := json.NewDecoder(bytes.NewReader(e.Args))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&args); err != nil {
		r.complain("%v in %s", err, raw)
		return
	}
	named := args.Name != nil && args.Place == nil
	placed := args.Name == nil && args.Place != nil
	again := false
	switch {
	case *e.Name == "process_name" && named:
		again, r.processes[at.pid] = r.processes[at.pid], true
	case *e.Name == "process_sort_index" && placed:
		again, r.sorted[at.pid] = r.sorted[at.pid], true
	case *e.Name == "thread_name" && named:
		again, r.threads[at] = r.threads[at], true
	case *e.Name == "thread_sort_index" && placed:
		again, r.places[at] = r.places[at], true
	default:
		r.complain("metadata that is not known: %s", raw)
	}
	if again {
		r.complain("said twice: %s", raw)
	}
}

// whole checks what only all events together show.
func (r *traceRules) whole() {
	for at := range r.used {
		if !r.processes[at.pid] || !r.sorted[at.pid] || !r.threads[at] || !r.places[at] {
			r.complain("process %d, thread %d has no name or no place", at.pid, at.tid)
		}
	}
	for at := range r.threads {
		if !r.used[at] {
			r.complain("process %d, thread %d has a name and nothing else", at.pid, at.tid)
		}
	}
	const rounding = 2 // ns: of ts and of dur
	for at, of := range r.slices {
		slices.SortFunc(of, func(a, b slice) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end)) })
		var around []slice
		for _, s := range of {
			for len(around) > 0 && around[len(around)-1].end <= s.start+rounding {
				around = around[:len(around)-1]
			}
			if n := len(around); n > 0 && s.end > around[n-1].end+rounding {
				r.complain("process %d, thread %d: %q begins within %q and ends after it", at.pid, at.tid, s.name, around[n-1].name)
			}
			around = append(around, s)
		}
	}
}

// A run with all there can be: retried and failed set-ups with phases, work side by
// side, what has not ended, files, log records of every context.
func busyRun(seed uint64) *timeline.Snapshot {
	rng := rand.New(rand.NewPCG(seed, 1))
	const whole = 90 * time.Second
	s := &timeline.Snapshot{Title: "a \"run\" </script>", Start: time.Now(), Took: whole, Rows: []timeline.Row{{Name: "master", Gone: -1}}}
	failed := value.Errorf(value.KindStream, "no \xff way")
	for row := 1; row <= 20; row++ {
		at := time.Duration(rng.Int64N(int64(time.Second)))
		ready, gone := time.Duration(-1), time.Duration(-1)
		for try := range 2 {
			begun := at
			for _, name := range []string{"name", "port", "key exchange", "start"} {
				took := time.Duration(rng.Int64N(int64(time.Second)))
				s.Spans = append(s.Spans, timeline.Span{Row: row, Kind: timeline.Phase, Name: name, Start: at, Took: took, Detail: "d"})
				at += took
			}
			connect := timeline.Span{Row: row, Kind: timeline.Connect, Name: "ssh", Start: begun, Took: at - begun}
			if try == 0 {
				connect.Failed = failed
			}
			s.Spans = append(s.Spans, connect)
		}
		if ready = at; row%3 == 0 {
			gone = at + 40*time.Second
		}
		s.Rows = append(s.Rows, timeline.Row{Name: fmt.Sprintf("web%d\x00", row), Method: "ssh", Via: "bastion", Ready: ready, Gone: gone})
		for i := range 30 {
			span := timeline.Span{Row: row, Kind: timeline.Call, Name: "work", Start: at + time.Duration(rng.Int64N(int64(30*time.Second)))}
			if span.Took = time.Duration(rng.Int64N(int64(10 * time.Second))); i%7 == 0 {
				span.Kind, span.Bytes = timeline.Transfer, 1<<30
			}
			if i%9 == 0 {
				span.Open, span.Took = true, whole-span.Start
			}
			s.Spans = append(s.Spans, span)
		}
	}
	for row := range s.Rows {
		s.Notes = append(s.Notes, timeline.Note{Row: row, At: time.Second, Level: "INFO", Text: "\n"})
	}
	slices.SortStableFunc(s.Spans, func(a, b timeline.Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.Took, a.Took))
	})
	return s
}

func TestTraceFollowsTheFormat(t *testing.T) {
	for seed := range uint64(20) {
		var out bytes.Buffer
		if err := busyRun(seed).WriteTrace(&out); err != nil {
			t.Fatal(err)
		}
		for i, what := range checkTrace(out.Bytes()) {
			if i < 10 {
				t.Errorf("seed %d: %s", seed, what)
			}
		}
	}
	var empty bytes.Buffer
	if err := timeline.New().Snapshot().WriteTrace(&empty); err != nil {
		t.Fatal(err)
	}
	if wrong := checkTrace(empty.Bytes()); wrong != nil {
		t.Errorf("of an empty run: %v", wrong)
	}
}

// The check finds what breaks the rules.
func TestTraceRulesFindFaults(t *testing.T) {
	const named = `{"name":"process_name","ph":"M","ts":0,"pid":1,"tid":0,"args":{"name":"p"}},
{"name":"process_sort_index","ph":"M","ts":0,"pid":1,"tid":0,"args":{"sort_index":0}},
{"name":"thread_name","ph":"M","ts":0,"pid":1,"tid":1,"args":{"name":"t"}},
{"name":"thread_sort_index","ph":"M","ts":0,"pid":1,"tid":1,"args":{"sort_index":0}},`
	span := func(start, took string) string {
		return `{"name":"s","cat":"c","ph":"X","ts":` + start + `,"dur":` + took + `,"pid":1,"tid":1}`
	}
	file := func(events string) []byte { return []byte(`{"displayTimeUnit":"ms","traceEvents":[` + events + `]}`) }
	if wrong := checkTrace(file(named + span("1", "2.5") + "," + span("1", "1") + "," + span("3.5", "1"))); wrong != nil {
		t.Fatalf("a good file: %v", wrong)
	}
	for _, events := range []string{
		named,                   // a thread with nothing
		span("1", "2"),          // no names
		named + span("1", "-1"), //
		named + span("-1", "1"), //
		named + span("1", "2") + "," + span("2", "2"), // they overlap
		named + named + span("1", "2"),
		named + `{"name":"s","cat":"c","ph":"X","ts":1,"pid":1,"tid":1}`,
		named + `{"name":"s","cat":"c","ph":"B","ts":1,"pid":1,"tid":1}`,
		named + `{"name":"s","cat":"c","ph":"X","dur":1,"pid":1,"tid":1}`,
		named + `{"name":"s","cat":"c","ph":"X","ts":"1","dur":1,"pid":1,"tid":1}`,
		named + `{"name":"s","cat":"c","ph":"i","ts":1,"s":"q","pid":1,"tid":1}`,
		named + span("1", "2") + `,{"name":"thread_title","ph":"M","ts":0,"pid":1,"tid":1,"args":{"name":"t"}}`,
	} {
		if checkTrace(file(events)) == nil {
			t.Errorf("nothing is found wrong with %s", events)
		}
	}
	if checkTrace([]byte(`{"displayTimeUnit":"s","traceEvents":[]}`)) == nil || checkTrace([]byte(`{`)) == nil {
		t.Error("a file that is none passes")
	}
}
