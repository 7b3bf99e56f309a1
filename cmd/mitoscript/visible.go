//go:build !child

package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible is text of a far side, fit for a terminal: what would move its cursor, colour
// what follows or turn the order of letters is shown as \xNN, an octet each, so that no
// host can write over what another said, or in its name. Ends of lines and tabs stay.
func visible(text string) string {
	if !strings.ContainsFunc(text, acts) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRuneInString(text[i:])
		if acts(c) && (c != utf8.RuneError || n == 1) {
			for _, octet := range []byte(text[i : i+n]) {
				fmt.Fprintf(&b, `\x%02x`, octet)
			}
		} else {
			b.WriteString(text[i : i+n])
		}
		i += n
	}
	return b.String()
}

// visibleWriter makes texts visible that are written as a whole each.
type visibleWriter struct{ w io.Writer }

func (v visibleWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(v.w, visible(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// acts reports whether a terminal may do something for c, or c may be no character.
func acts(c rune) bool {
	return c != '\n' && c != '\t' && unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == utf8.RuneError
}

// visibleLine is visible for what stands within a line.
func visibleLine(text string) string { return strings.ReplaceAll(visible(text), "\n", `\n`) }
