package proc

import (
	"bytes"
	"io"
	"sync"
)

// stream is one output of a program: all of it, and a place up to which its
// lines were taken.
type stream struct {
	name string    // "stdout" or "stderr"
	keep bool      // keep lines that were taken
	to   io.Writer // gets everything instead, if not nil

	mu      sync.Mutex
	text    []byte        // guarded by mu
	taken   int           // guarded by mu: where the next line begins
	scanned int           // guarded by mu: no newline between taken and here
	ended   bool          // guarded by mu
	changed chan struct{} // guarded by mu: closed at the next change
}

func newStream(name string) *stream {
	return &stream{name: name, keep: true, changed: make(chan struct{})}
}

// pump reads until the end. Any error counts as the end: a terminal gives EIO.
func (s *stream) pump(r io.Reader) {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		s.add(buf[:n], err != nil)
		if err != nil {
			return
		}
	}
}

func (s *stream) add(data []byte, end bool) {
	if s.to != nil {
		_, _ = s.to.Write(data) // a lost log must not stop the program
		data = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, data...)
	s.ended = s.ended || end
	close(s.changed)
	s.changed = make(chan struct{})
}

// line takes the next line, without its newline; at the end also one without.
func (s *stream) line() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	end, next := len(s.text), len(s.text)
	if i := bytes.IndexByte(s.text[s.scanned:], '\n'); i >= 0 {
		end = s.scanned + i
		next = end + 1
	} else if s.scanned = len(s.text); !s.ended || s.taken == len(s.text) {
		return "", false
	}
	out := string(bytes.TrimSuffix(s.text[s.taken:end], []byte("\r")))
	s.taken, s.scanned = next, next
	if !s.keep {
		s.text = s.text[next:]
		s.taken, s.scanned = 0, 0
	}
	return out, true
}

// wait returns a channel that is closed at the next change, and whether there
// will be one.
func (s *stream) wait() (<-chan struct{}, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed, !s.ended
}

// all is everything so far.
func (s *stream) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.keep {
		return ""
	}
	return string(s.text)
}
