package scripttest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// Result is that of one test function.
type Result struct {
	File, Name string
	Took       time.Duration
	// Failure is why it failed, with its traceback; "" if it passed.
	Failure string
	// Output is what it printed and logged.
	Output string
}

// Print writes a line for people, and what failed.
func (r Result) Print(w io.Writer, verbose bool) {
	state := "ok  "
	if r.Failure != "" {
		state = "FAIL"
	}
	fmt.Fprintf(w, "%s  %s  %s  (%.2fs)\n", state, r.File, r.Name, r.Took.Seconds())
	if r.Failure != "" || verbose {
		for _, text := range []string{r.Output, r.Failure} {
			for line := range strings.Lines(text) {
				fmt.Fprint(w, "      ", strings.TrimRight(line, "\n"), "\n")
			}
		}
	}
}

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
	seconds  float64
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the results in the form that build servers read.
func WriteJUnit(w io.Writer, results []Result) error {
	var all junitSuites
	for _, r := range results {
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != r.File {
			all.Suites = append(all.Suites, junitSuite{Name: r.File})
		}
		s := &all.Suites[len(all.Suites)-1]
		c := junitCase{Class: r.File, Name: r.Name, Time: fmt.Sprintf("%.3f", r.Took.Seconds()), Output: r.Output}
		if r.Failure != "" {
			c.Failure = &junitFailure{Message: reason(r.Failure), Text: r.Failure}
			s.Failures++
		}
		s.Cases = append(s.Cases, c)
		s.Tests++
		s.seconds += r.Took.Seconds()
		s.Time = fmt.Sprintf("%.3f", s.seconds)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// reason is the first line behind the traceback.
func reason(failure string) string {
	for line := range strings.Lines(failure) {
		if !strings.HasPrefix(line, "Traceback") && !strings.HasPrefix(line, " ") {
			return strings.TrimRight(line, "\n")
		}
	}
	return ""
}
