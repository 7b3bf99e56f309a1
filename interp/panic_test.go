package interp_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
)

// recovered runs fn and gives the error that its panic becomes.
func recovered(fn func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = interp.Recovered(r)
		}
	}()
	fn()
	return nil
}

func TestRecoveredNamesThePlace(t *testing.T) {
	var none map[string]int
	var items []int
	for name, c := range map[string]struct {
		fn   func()
		says string
	}{
		"a panic":            {func() { panic("boom") }, `boom`},
		"an error":           {func() { panic(fmt.Errorf("no %d", 7)) }, `no 7`},
		"the runtime's":      {func() { none["a"] = 1 }, `assignment to entry in nil map`},
		"an index":           {func() { _ = items[len(t.Name())] }, `runtime error: index out of range \[\d+\] with length 0`},
		"of another package": {func() { _ = strings.Repeat("x", -1) }, `strings: negative Repeat count`},
		"a second one":       {func() { defer func() { panic("again") }(); panic("first") }, `again`},
	} {
		err := recovered(c.fn)
		if want := `^internal error: ` + c.says + ` \(at interp/panic_test\.go:\d+\)$`; err == nil || !regexp.MustCompile(want).MatchString(err.Error()) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

func TestRecoveredLogsTheStack(t *testing.T) {
	var out bytes.Buffer
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	_ = recovered(func() { panic("boom") })
	for _, want := range []string{"level=DEBUG", "panic=boom", "TestRecoveredLogsTheStack"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log does not have %q: %s", want, out.String())
		}
	}
}
