package transport

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tailSize bounds what is kept, and shown, of a tool's output.
const tailSize = 32 << 10

// tail keeps the last lines that were added, at most tailSize bytes of them.
type tail struct{ buf []byte }

// add appends a line; the buffer may grow to twice its size between trims, so
// that a chatty tool does not cost a copy per line.
func (t *tail) add(line []byte) {
	if len(line) > tailSize {
		line = line[len(line)-tailSize:]
	}
	t.buf = append(append(t.buf, line...), '\n')
	if len(t.buf) > 2*tailSize {
		t.buf = append(t.buf[:0], lastLines(t.buf)...)
	}
}

// text shows what is kept, and then the unfinished line.
func (t *tail) text(unfinished []byte) string {
	all := append(append([]byte(nil), lastLines(t.buf)...), unfinished...)
	return string(lastLines([]byte(strings.TrimRight(escape(all), "\n"))))
}

// lastLines cuts b to its last tailSize bytes, at the start of a line if it can.
func lastLines(b []byte) []byte {
	if len(b) <= tailSize {
		return b
	}
	b = b[len(b)-tailSize:]
	if i := bytes.IndexByte(b, '\n'); i >= 0 && i+1 < len(b) {
		return b[i+1:]
	}
	return b
}

// escape makes output fit to be shown on a terminal: control characters other
// than newline and tab, and what is not UTF-8, are shown as \xNN or \uNNNN.
func escape(b []byte) string {
	var s strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == '\n' || r == '\t':
			s.WriteByte(byte(r))
		case r == utf8.RuneError && n == 1, r < 0x80 && unicode.IsControl(r):
			fmt.Fprintf(&s, `\x%02x`, b[0])
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			fmt.Fprintf(&s, `\u%04x`, r)
		default:
			s.Write(b[:n])
		}
		b = b[n:]
	}
	return s.String()
}
