package interptest

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Language is what Run tests.
type Language struct {
	// New makes the language for a Host and registers it.
	New func(h *interp.Host) interp.Interp
	// Files has the script of each case, and the folder lib.
	Files fs.FS
}

// Case is something that every language does in the same way.
type Case struct {
	// Name is that of its script, without the extension.
	Name string
	// Do tells the script's author what it does.
	Do string
	// Want are the lines recorded.
	Want []string
	// Err is the kind and the beginning of the message with which the script ends,
	// "" if it does not fail: "ScriptError: no".
	Err string
}

// Run runs all Cases. A case without a script fails and says what it lacks.
func Run(t *testing.T, lang Language) {
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) { runCase(t, lang, c) })
	}
}

func runCase(t *testing.T, lang Language, c Case) {
	w := NewWorld(lang)
	name := c.Name + w.Master.Interp.Extension()
	text, err := fs.ReadFile(lang.Files, name)
	if err != nil {
		t.Fatalf("%v; it must: %s", err, c.Do)
	}
	_, err = w.Master.Run(t.Context(), interp.Source{Path: name, Text: text})
	if got := failure(err); !strings.HasPrefix(got, c.Err) || c.Err == "" && got != "" {
		t.Errorf("ended with %q, want %q", got, c.Err)
		var e *value.Error
		if errors.As(err, &e) {
			t.Log(e.Report())
		}
	}
	compare(t, w.Recorded(), c.Want)
}

func failure(err error) string {
	if err == nil {
		return ""
	}
	e := value.AsError(err)
	return string(e.Kind) + ": " + e.Message
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("line %d:\n got %s\nwant %s", i+1, g, w)
		}
	}
}

// Run runs a main script in the process.
func (p *Process) Run(ctx context.Context, src interp.Source) (s interp.Script, err error) {
	p.Host.Lock.Do(func() { s, err = p.Interp.Run(ctx, src) })
	return s, err
}
