package files_test

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/files"
)

// What comes of a copy is read into the same memory over and over.
func TestACopyLeavesLittleGarbage(t *testing.T) {
	w := newWorld(t)
	c, dir := w.host(t), t.TempDir()
	const size = 32 << 20
	from := filepath.Join(dir, "from")
	write(t, from, strings.Repeat("0123456789abcdef", size/16), 0o600)
	var before, after runtime.MemStats
	for _, to := range []string{"first", "second"} { // which has what the first has left
		runtime.ReadMemStats(&before)
		if err := files.Get(context.Background(), c, from, filepath.Join(dir, to), files.Options{}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n >= size { // with the race detector pools lose a part
		t.Errorf("%d MB of memory for %d MB of data", n>>20, size>>20)
	}
}
