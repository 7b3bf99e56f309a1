package child_test

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/child"
)

// A name that is taken, be it by a link of somebody else, is left alone.
func TestDebugLogFollowsNoLink(t *testing.T) {
	stem := fmt.Sprintf("/tmp/mitogen.%d", os.Getpid())
	target := filepath.Join(t.TempDir(), "target")
	if err := os.Symlink(target, stem+".log"); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _, _ = os.Remove(stem+".log"), os.Remove(stem+".1.log") })
	var d child.DebugLog
	log := slog.New(d.Handler(slog.NewTextHandler(io.Discard, nil))).With("context", "web1")
	log.Debug("too early")
	if err := d.Enable(); err != nil {
		t.Fatal(err)
	}
	log.Debug("noticed", "n", 3)
	if _, err := os.Lstat(target); err == nil {
		t.Error("the link was followed")
	}
	info, err := os.Stat(stem + ".1.log")
	if err != nil || info.Mode() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	text, err := os.ReadFile(stem + ".1.log")
	if err != nil || !strings.HasSuffix(string(text), " DEBUG noticed context=web1 n=3\n") || strings.Contains(string(text), "early") {
		t.Errorf("%q %v", text, err)
	}
}
