package repl

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// pasteReader reads a terminal in bracketed-paste mode. What was pasted in one
// line goes through as typed; several lines are kept for take, and an Enter goes
// through in their place: the editor knows single lines only, and must not take
// their tabs for completions.
type pasteReader struct {
	in io.ReadCloser

	raw     []byte // read and not looked at yet
	inside  bool   // between the brackets
	content []byte // what was inside so far

	mu   sync.Mutex
	kept string // guarded by mu
}

func newPasteReader(in io.ReadCloser) *pasteReader { return &pasteReader{in: in} }

var (
	pasteBegins = []byte("\x1b[200~")
	pasteEnds   = []byte("\x1b[201~")
)

// take gives what was pasted since, and forgets it.
func (r *pasteReader) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.kept
	r.kept = ""
	return kept
}

func (r *pasteReader) Close() error { return nil } // the terminal stays open

// Read gives what was typed.
func (r *pasteReader) Read(p []byte) (int, error) {
	for {
		if out := r.next(); len(out) > 0 {
			n := copy(p, out)
			r.raw = append(bytes.Clone(out[n:]), r.raw...)
			return n, nil
		}
		buf := make([]byte, 4096)
		n, err := r.in.Read(buf)
		r.raw = append(r.raw, buf[:n]...)
		if n == 0 && err != nil {
			return 0, err
		}
	}
}

// next takes what can go through off raw; nothing if more must be read first.
func (r *pasteReader) next() []byte {
	if r.inside {
		return r.insidePaste()
	}
	i := bytes.IndexByte(r.raw, pasteBegins[0])
	for i >= 0 && !bytes.HasPrefix(r.raw[i:], pasteBegins) {
		if bytes.HasPrefix(pasteBegins, r.raw[i:]) && len(r.raw)-i > 1 {
			break // the rest of the bracket comes with the next read
		}
		j := bytes.IndexByte(r.raw[i+1:], pasteBegins[0])
		if j < 0 {
			i = -1
		} else {
			i += 1 + j
		}
	}
	switch {
	case i < 0:
		out := r.raw
		r.raw = nil
		return out
	case i > 0:
		out := bytes.Clone(r.raw[:i])
		r.raw = r.raw[i:]
		return out
	case !bytes.HasPrefix(r.raw, pasteBegins):
		return nil
	}
	r.raw = r.raw[len(pasteBegins):]
	r.inside = true
	return r.insidePaste()
}

// insidePaste collects what was pasted until its end.
func (r *pasteReader) insidePaste() []byte {
	end := bytes.Index(r.raw, pasteEnds)
	if end < 0 {
		// The end may have come in part.
		keep := min(len(r.raw), len(pasteEnds)-1)
		r.content = append(r.content, r.raw[:len(r.raw)-keep]...)
		r.raw = r.raw[len(r.raw)-keep:]
		return nil
	}
	r.content = append(r.content, r.raw[:end]...)
	r.raw = r.raw[end+len(pasteEnds):]
	r.inside = false
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(r.content))
	r.content = nil
	if !strings.Contains(text, "\n") {
		return []byte(strings.ReplaceAll(text, "\t", "    "))
	}
	r.mu.Lock()
	r.kept += text
	r.mu.Unlock()
	return []byte{'\r'}
}
