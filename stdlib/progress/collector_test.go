package progress_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/stdlib/progress"
)

func TestBarsOfOtherContexts(t *testing.T) {
	var out bytes.Buffer
	c := progress.NewCollector(&progress.Host{Sink: progress.NewLines(&out)})
	if !c.Report("a", "web1", progress.Event{ID: 7, Title: "copy\x1b[2J\u202e", Total: 10}) {
		t.Error("not the first")
	}
	if c.Report("a", "web1", progress.Event{ID: 7, Done: 5, Total: 10, Title: "another"}) {
		t.Error("the first twice")
	}
	c.Report("b", "web2", progress.Event{ID: 7, Title: "move", Total: 10})
	c.Report("b", "web2", progress.Event{ID: 7, Done: -5, Total: 10, Finished: true})
	c.Report("b", "web2", progress.Event{ID: 8, Finished: true})
	c.Report("b", "web2", progress.Event{ID: 9})
	c.Report("b", "web2", progress.Event{ID: 9, Done: 3, Finished: true})
	c.Gone("a")
	c.Gone("a")
	want := "web1: copy [2J : started\nweb1: copy [2J : 50 %, 5 of 10\nweb2: move: started\n" +
		"web2: move: finished, 0 of 10\nweb2: started\nweb2: finished, 3\nweb1: copy [2J : ended with its context, 5 of 10\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

func TestAContextShowsABoundedNumberOfBars(t *testing.T) {
	var out bytes.Buffer
	c := progress.NewCollector(&progress.Host{Sink: progress.NewLines(&out)})
	for id := range int64(10_000) {
		c.Report("a", "web1", progress.Event{ID: id, Title: strings.Repeat("x", 1<<10), Total: 1 << 62})
	}
	if n := strings.Count(out.String(), "\n"); n != 16 || out.Len() > 16*300 {
		t.Errorf("%d lines, %d bytes", n, out.Len())
	}
	out.Reset()
	for id := range int64(200) {
		c.Report("b", "web2", progress.Event{ID: id, Total: 1})
		c.Report("b", "web2", progress.Event{ID: id, Total: 1, Finished: true})
	}
	if n := strings.Count(out.String(), "started"); n < 20 || n > 180 {
		t.Errorf("%d bars at once", n)
	}
}

func TestWhatIsPrintedStandsAboveTheBars(t *testing.T) {
	var out bytes.Buffer
	d := progress.NewDrawing(&out, func() (int, int) { return 20, 4 }, progress.Clock{Now: time.Now, After: func(time.Duration, func()) {}})
	log := d.Through(&out)
	write := func(text string) string {
		out.Reset()
		fmt.Fprint(log, text)
		return out.String()
	}
	if s := write("before\n"); s != "before\n" {
		t.Errorf("without bars: %q", s)
	}
	for id := range int64(5) {
		d.Report(progress.Event{ID: id, Title: "日本語日本語日本語", Done: 1, Total: 4})
	}
	s := write("line\n")
	if !strings.HasPrefix(s, "\x1b[3A\r\x1b[Jline\n") || !strings.HasSuffix(s, "and 3 more\n") || strings.Count(s, "\n") != 4 {
		t.Errorf("a line: %q", s)
	}
	for line := range strings.Lines(s) {
		if _, bar, ok := strings.Cut(line, "%"); ok && len(bar) > 10 || strings.Count(line, "日")+strings.Count(line, "本")+strings.Count(line, "語") > 4 {
			t.Errorf("too wide: %q", line)
		}
	}
	if s := write("half"); s != "\x1b[3A\r\x1b[Jhalf" {
		t.Errorf("half a line: %q", s)
	}
	if s := write(" and half\n"); !strings.HasPrefix(s, " and half\n") || strings.Count(s, "\n") != 4 {
		t.Errorf("its other half: %q", s)
	}
}

func TestSparse(t *testing.T) {
	got := make(chan progress.Event, 100)
	s := progress.NewSparse(progress.SinkFunc(func(e progress.Event) { got <- e }))
	for done := range int64(50) {
		s.Report(progress.Event{ID: 1, Done: done})
	}
	for e := range got { // the last of many comes, if late
		if e.Done == 49 {
			break
		}
	}
	s.Report(progress.Event{ID: 1, Done: 50, Finished: true})
	if e := <-got; !e.Finished || e.Done != 50 {
		t.Errorf("%+v", e)
	}
}
