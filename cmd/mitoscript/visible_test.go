//go:build !child

package main

import (
	"bytes"
	"log/slog"
	"regexp"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
)

// What a context logs stands behind its own name, and does nothing to a terminal.
func TestLogLinesKeepTheirForm(t *testing.T) {
	const name = `INFO mitogen\.ctx\.evil`
	for _, tt := range []struct {
		name, logger, text, want string
	}{
		{"colours and titles", "", "\x1b[31mred\x1b]0;title\a", name + `: \\x1b\[31mred\\x1b\]0;title\\x07`},
		{"over the head", "", "\r08:00:00 INFO mitogen.ctx.web1: fine", name + `: \\x0d08:00:00 INFO mitogen\.ctx\.web1: fine`},
		{"of 8 bits", "", "\u009b2J", name + `: \\xc2\\x9b2J`},
		{"backwards", "", "\u202eabc", name + `: \\xe2\\x80\\xaeabc`},
		{"two lines", "", "one\ntwo\tthree\r\n", name + `: one\n\d\d:\d\d:\d\d ` + name + ": two\tthree"},
		{"a logger that is a line", "x: fine\n08:00:00 ERROR mitogen.ctx.web1", "gone", name + `\.x: fine\\n08:00:00 ERROR mitogen\.ctx\.web1: gone`},
		{"nothing", "", "", name + ": "},
		{"letters", "", "Grüße, 世界 👩‍💻", name + ": Grüße, 世界 👩‍💻"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			l := &masterLog{own: slog.LevelInfo, scripts: slog.LevelInfo, w: &out}
			l.forwarded(mitogen.LogRecord{Context: "evil", Logger: tt.logger, Text: tt.text, Level: slog.LevelInfo})
			if want := regexp.MustCompile(`^\d\d:\d\d:\d\d ` + tt.want + "\n$"); !want.MatchString(out.String()) {
				t.Errorf("%q, want %s", out.String(), want)
			}
		})
	}
}
