package progress_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/progress"
)

func call(t *testing.T, f *interp.Func, args ...value.Value) value.Value {
	t.Helper()
	v, err := f.CallGo(context.Background(), args, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func method(t *testing.T, v value.Value, name string, args ...value.Value) {
	t.Helper()
	m, ok := v.(interp.Object).Attr(name)
	if !ok {
		t.Fatalf("no method %s", name)
	}
	call(t, m.(*interp.Func), args...)
}

func TestLines(t *testing.T) {
	var out bytes.Buffer
	m := progress.Module(&progress.Host{Sink: progress.SinkOn(&out)})
	b := call(t, m.Funcs[0], int64(40), "copy\x1b[2J")
	for range 10 {
		method(t, b, "add")
	}
	method(t, b, "set", int64(40))
	method(t, b, "done")
	method(t, b, "done")
	method(t, b, "add")
	want := "copy [2J: started\ncopy [2J: 10 %, 4 of 40\ncopy [2J: 20 %, 8 of 40\ncopy [2J: finished, 40 of 40\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

func TestTrack(t *testing.T) {
	var events []progress.Event
	m := progress.Module(&progress.Host{Sink: progress.SinkFunc(func(e progress.Event) { events = append(events, e) })})
	it := call(t, m.Funcs[1], value.List{"a", "b"}, "walk").(interp.Iterable)
	got := ""
	for {
		v, ok, err := it.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		got += v.(string)
	}
	last := events[len(events)-1]
	if want := (progress.Event{ID: 1, Title: "walk", Done: 2, Total: 2, Finished: true}); got != "ab" || last != want || len(events) != 4 {
		t.Errorf("%s, %v", got, events)
	}
	if _, err := m.Funcs[1].CallGo(context.Background(), []value.Value{int64(3)}, nil); err == nil {
		t.Error("an int can be walked")
	}
}

func TestDrawing(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	var late func()
	d := progress.NewDrawing(&out, func() (int, int) { return 40, 24 }, progress.Clock{
		Now:   func() time.Time { return now },
		After: func(_ time.Duration, fn func()) { late = fn },
	})
	report := func(id, done int64, finished bool) string {
		out.Reset()
		d.Report(progress.Event{ID: id, Title: "job", Done: done, Total: 10, Finished: finished})
		return out.String()
	}
	if s := report(1, 0, false); !strings.HasPrefix(s, "\r\x1b[Jjob [   ") || !strings.HasSuffix(s, "]   0 % 0 of 10\n") {
		t.Errorf("first: %q", s)
	}
	if s := report(1, 1, false); s != "" {
		t.Errorf("too soon: %q", s)
	}
	now = now.Add(100 * time.Millisecond)
	if late(); !strings.Contains(out.String(), "10 % 1 of 10") {
		t.Errorf("what came too soon is drawn later: %q", out.String())
	}
	out.Reset()
	if late(); out.Len() > 0 {
		t.Errorf("drawn again: %q", out.String())
	}
	now = now.Add(100 * time.Millisecond)
	if s := report(1, 5, false); !strings.Contains(s, "\x1b[1A") || !strings.Contains(s, "50 % 5 of 10") || !strings.Contains(s, "#  ") {
		t.Errorf("half: %q", s)
	}
	if s := report(2, 0, false); strings.Count(s, "\n") != 2 {
		t.Errorf("two bars: %q", s)
	}
	if s := report(2, 10, true); !strings.HasPrefix(s, "\x1b[2A") || strings.Index(s, "100 %") > strings.Index(s, "50 %") {
		t.Errorf("the finished one goes on top: %q", s)
	}
	if s := report(1, 10, true); !strings.HasPrefix(s, "\x1b[1A") {
		t.Errorf("one line is left to draw over: %q", s)
	}
	for _, l := range strings.Split(strings.TrimPrefix(out.String(), "\x1b[1A\r\x1b[J"), "\n") {
		if len(l) >= 40 {
			t.Errorf("too wide: %q", l)
		}
	}
}
