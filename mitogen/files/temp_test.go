package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNamedFilesAreRemoved is of systems without unnamed files: what is being
// written is left alone, what a killed process has left goes.
func TestNamedFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	fd, err := unix.Open(dir, parentFlags, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	stale := filepath.Join(dir, tempPrefix+"stale")
	if err := os.WriteFile(stale, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := newTemp(fd, false)
	if err != nil {
		t.Fatal(err)
	}
	second, err := newTemp(fd, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Errorf("the stale file is still there: %v", err)
	}
	if err := first.write([]byte("data")); err != nil {
		t.Fatal(err)
	}
	if err := first.commit("f", filepath.Join(dir, "f"), 0o640); err != nil {
		t.Fatal(err)
	}
	first.close()
	second.close()
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	data, err := os.ReadFile(filepath.Join(dir, "f"))
	if err != nil || string(data) != "data" || strings.Join(names, " ") != "f" {
		t.Errorf("the folder holds %q, the file %q, %v", names, data, err)
	}
}
