package doctor

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/mitoscript/mitoscript/mitogen/parent"
)

// Sheet writes a row for each phase. It may be used by several goroutines; what
// cannot be written is lost.
type Sheet struct {
	w     io.Writer
	paint func(good bool, text string) string

	mu     sync.Mutex
	setup  uint64 // the set-up that the last row is of; 0 before the first
	method string // of that set-up
	failed Phase  // of the last row that failed; "" for none
}

// NewSheet returns an empty sheet. paint colours the verdict of a row: one that is
// good, or one that is not.
func NewSheet(w io.Writer, paint func(good bool, text string) string) *Sheet {
	return &Sheet{w: w, paint: paint}
}

// Step adds a phase of a set-up; it is for parent.WithSteps.
func (s *Sheet) Step(st parent.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.Setup != s.setup {
		s.setup, s.method, s.failed = st.Setup, st.Method, ""
		_, _ = fmt.Fprintf(s.w, "%s, by %s\n", plain(st.Context), st.Method)
	}
	s.rowLocked(Phase(st.Phase), st.Took, st.Detail, st.Err == nil)
}

// Row adds what is no phase of a set-up.
func (s *Sheet) Row(p Phase, took time.Duration, detail string, good bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rowLocked(p, took, detail, good)
}

func (s *Sheet) rowLocked(p Phase, took time.Duration, detail string, good bool) {
	verdict := s.paint(true, "ok    ")
	if !good {
		s.failed, verdict = p, s.paint(false, "FAILED")
	}
	row := fmt.Sprintf("  %-14s %11s  %s  %s", plain(string(p)), Milliseconds(took), verdict, plain(detail))
	_, _ = io.WriteString(s.w, strings.TrimRight(row, " ")+"\n")
}

// Failed is the phase of the last set-up that failed, "" if none did.
func (s *Sheet) Failed() Phase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// Method is that of the last set-up: "ssh"; "" before the first.
func (s *Sheet) Method() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.method
}

// Milliseconds is how times are written.
func Milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// plain keeps a far side's text from acting on the terminal, or from being a row.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}
