package report_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/report"
	"github.com/mitoscript/mitoscript/cmd/mitoscript/timeline"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// hostile tries to leave each place of a page: text, attribute, style, script, comment.
const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(2)>;}</style>--><a href="javascript:alert(3)">{{.Title}}` + "\x00\xff"

func snapshot(rows, calls int) *timeline.Snapshot {
	s := &timeline.Snapshot{Title: hostile, Status: 1, Failure: hostile, Took: 10 * time.Second, Rows: []timeline.Row{{Name: "master", Gone: -1}}}
	failed := (&value.Error{Kind: value.Kind(hostile), Message: hostile, Traceback: []value.Frame{{File: hostile, Line: 1, Function: hostile}}}).
		With("hint", hostile).With("phase", hostile)
	for i := 1; i <= rows; i++ {
		s.Rows = append(s.Rows, timeline.Row{Name: fmt.Sprint(hostile, i), Method: hostile, Via: hostile, Ready: time.Second, Gone: -1})
		s.Spans = append(s.Spans,
			timeline.Span{Row: i, Kind: timeline.Connect, Name: hostile, Took: time.Second},
			timeline.Span{Row: i, Kind: timeline.Phase, Name: hostile, Detail: hostile, Took: time.Second})
		for range calls {
			s.Spans = append(s.Spans, timeline.Span{Row: i, Kind: timeline.Call, Name: hostile, Start: 2 * time.Second, Took: time.Second, Failed: failed})
		}
	}
	s.Notes = []timeline.Note{{Row: 0, Level: hostile, Text: hostile}}
	return s
}

func TestHostileTextStaysText(t *testing.T) {
	var page bytes.Buffer
	if err := report.Write(&page, snapshot(2, 2)); err != nil {
		t.Fatal(err)
	}
	body := page.String()
	body = body[strings.Index(body, "</style>"):]
	allowed := strings.Fields("style head body main header section h1 h2 div span i b a p ul li pre small table tr th td details summary html")
	// Text and attributes have no < or > of their own, so that what looks like a tag is one.
	for _, tag := range regexp.MustCompile(`<[^>]*>`).FindAllString(body, -1) {
		name := regexp.MustCompile(`^</?([a-z0-9]*)`).FindStringSubmatch(tag)
		if name == nil || !slices.Contains(allowed, name[1]) {
			t.Errorf("a tag %s", tag)
		}
		rest := tag
		for _, attr := range regexp.MustCompile(`([a-z-]+)="([^"]*)"`).FindAllStringSubmatch(tag, -1) {
			rest = strings.Replace(rest, attr[0], "", 1)
			switch attr[1] {
			case "class", "id", "title":
			case "href":
				if !strings.HasPrefix(attr[2], "#row-") {
					t.Errorf("a link in %s", tag)
				}
			case "style":
				if !regexp.MustCompile(`^((left|width|top|min-height):[0-9.e-]+(%|rem);?)+$`).MatchString(attr[2]) {
					t.Errorf("a style in %s", tag)
				}
			default:
				t.Errorf("attribute %s in %s", attr[1], tag)
			}
		}
		if !regexp.MustCompile(`^</?[a-z0-9]+ *(open)? *>$`).MatchString(rest) {
			t.Errorf("what is left of %s is %s", tag, rest)
		}
	}
	if !strings.Contains(body, "&lt;script&gt;") {
		t.Error("the text is not there")
	}
}

// A great run makes a page that can be opened, and says what it leaves out.
func TestGreatRunsAreBounded(t *testing.T) {
	var page bytes.Buffer
	if err := report.Write(&page, snapshot(1, 2_000)); err != nil {
		t.Fatal(err)
	}
	if page.Len() > 2<<20 {
		t.Errorf("the page has %d bytes", page.Len())
	}
	for _, want := range []string{"2000 times", "1601 not drawn", "and 1900 more"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// A run in which nothing happened has a page too.
func TestEmptyRun(t *testing.T) {
	var page bytes.Buffer
	if err := report.Write(&page, timeline.New().Snapshot()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "ended well") || strings.Contains(page.String(), "What failed") {
		t.Errorf("got %s", page.String())
	}
}

// What failed alike on many hosts stands there once, with links to all of them; what
// failed on most comes first, and hosts are in the order in which people count.
func TestEqualErrorsAreOne(t *testing.T) {
	s := &timeline.Snapshot{Took: 10 * time.Second, Rows: []timeline.Row{{Name: "master", Gone: -1}}}
	for i := range 250 {
		host := fmt.Sprint("web", 250-i)
		message := "ssh " + host + ": connection refused"
		if i == 100 {
			message = host + ": no such host"
		}
		s.Rows = append(s.Rows, timeline.Row{Name: host, Method: "ssh", Ready: -1, Gone: -1})
		s.Spans = append(s.Spans, timeline.Span{Row: i + 1, Kind: timeline.Connect, Name: "ssh", Took: time.Second, Failed: value.Errorf(value.KindStream, "%s", message)})
	}
	var page bytes.Buffer
	if err := report.Write(&page, s); err != nil {
		t.Fatal(err)
	}
	body := page.String()
	if n := strings.Count(body, `class="error"`); n != 2 {
		t.Errorf("%d errors, want 2", n)
	}
	var last int
	for _, want := range []string{">web1<", ">web2<", ">web10<", ">web250<", "StreamError: connection refused", ">web150<", "StreamError: no such host", `class="name"`} {
		at := strings.Index(body[last:], want)
		if at < 0 {
			t.Fatalf("there is no %s after the one before", want)
		}
		last += at
	}
}
