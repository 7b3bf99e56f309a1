package timeline_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/timeline"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/parent"
)

func began(t *testing.T, r *timeline.Recorder, c *mitogen.Context, name string) func(error, int64) {
	t.Helper()
	return r.Began(mitogen.Work{Context: c, Kind: mitogen.WorkCall, Name: name})
}

// Calls side by side lie in lanes of their own, one after another in one.
func TestLanes(t *testing.T) {
	router := mitogen.NewRouter(mitogen.Options{})
	defer router.Broker().Shutdown()
	c := router.ContextByID(7, "web1")
	r := timeline.New()
	first := began(t, r, c, "first")
	second := began(t, r, c, "second")
	first(nil, 0)
	third := began(t, r, c, "third")
	second(errors.New("no"), 0)
	third(nil, 0)
	began(t, r, c, "open")
	s := r.Snapshot()
	lanes := map[string]int{}
	for i, lane := range s.Lanes() {
		lanes[s.Spans[i].Name] = lane
	}
	want := map[string]int{"first": 0, "second": 1, "third": 0, "open": 0}
	for name, lane := range want {
		if lanes[name] != lane {
			t.Errorf("%s is in lane %d, want %d", name, lanes[name], lane)
		}
	}
	for _, span := range s.Spans {
		if span.Open != (span.Name == "open") || (span.Failed != nil) != (span.Name == "second") {
			t.Errorf("got %+v", span)
		}
	}
}

// A set-up that is made again after it failed stays one row; those of one name side by
// side are two.
func TestRowsOfSetups(t *testing.T) {
	r := timeline.New()
	step, setup := r.OnStep(1), r.OnSetup(1)
	now := time.Now()
	step(parent.Step{Setup: 1, Context: "ssh.a", Phase: "name", Start: now})
	step(parent.Step{Setup: 2, Context: "ssh.a", Phase: "name", Start: now})
	setup(parent.Setup{Number: 1, Context: "ssh.a", Method: "ssh", Start: now, Err: errors.New("no")})
	setup(parent.Setup{Number: 3, Context: "ssh.a", Method: "ssh", Start: now, Err: errors.New("no")})
	r.OnSetup(2)(parent.Setup{Number: 2, Context: "ssh.b", Method: "ssh", Start: now, Err: errors.New("no")})
	rows := r.Snapshot().Rows
	if len(rows) != 4 || rows[1].Name != "ssh.a" || rows[2].Name != "ssh.a" || rows[3].Name != "ssh.b" {
		t.Errorf("got %+v", rows)
	}
}

// What is hostile in names and texts, invalid UTF-8 too, leaves the file valid.
func TestTraceIsJSON(t *testing.T) {
	r := timeline.New()
	r.OnSetup(1)(parent.Setup{Number: 1, Context: "a\"\xff\x00</script>", Start: time.Now(), Err: errors.New("\xfe\"}")})
	r.Note("a", "ERROR", "\xff\"\\")
	var out bytes.Buffer
	if err := r.Snapshot().WriteTrace(&out); err != nil {
		t.Fatal(err)
	}
	var v struct {
		Events []map[string]any `json:"traceEvents"`
	}
	if err := json.Unmarshal(out.Bytes(), &v); err != nil || len(v.Events) < 4 {
		t.Errorf("%v: %s", err, out.Bytes())
	}
}

// Endless runs do not take endless memory.
func TestBounded(t *testing.T) {
	router := mitogen.NewRouter(mitogen.Options{})
	defer router.Broker().Shutdown()
	c := router.ContextByID(7, "web1")
	r := timeline.New()
	r.SetMax(100)
	for range 105 {
		began(t, r, c, "f")(nil, 0)
	}
	if s := r.Snapshot(); len(s.Spans) != 100 || s.Dropped != 5 {
		t.Errorf("%d spans, %d dropped", len(s.Spans), s.Dropped)
	}
}
