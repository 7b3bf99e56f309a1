package bootstrap

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// noiseKept is how much of what is not for us is kept, in bytes.
	noiseKept = 8 << 10
	// noiseLimit is how much of it there may be before we give up, in bytes.
	noiseLimit = 1 << 20
	// noiseLines is how many lines of it an error shows.
	noiseLines = 100
)

// noise keeps the last of what the far side said that is not for us.
type noise struct {
	kept  []byte
	total int64
}

func (n *noise) add(p []byte) {
	n.total += int64(len(p))
	n.kept = append(n.kept, p...)
	if len(n.kept) > 2*noiseKept {
		n.kept = append(n.kept[:0], n.kept[len(n.kept)-noiseKept:]...)
	}
}

func (n *noise) tail() []byte { return n.kept[max(0, len(n.kept)-noiseKept):] }

// lastLines gives the last lines of what was heard, fit to be shown.
func lastLines(heard string) string {
	lines := strings.Split(strings.TrimRight(printable(heard), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-noiseLines):], "\n")
}

// printable escapes what a terminal would act upon.
func printable(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\r' && strings.HasPrefix(s[i:], "\r\n"):
		case r == '\n' || r == '\t' || unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\x%02x`, r)
		}
	}
	return b.String()
}

// clip shortens text of the far side for an error.
func clip(s string) string {
	const most = 500
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
