package mito_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/library"
)

// TestStringTargets: a function of a library module, in either language, is found
// where the caller is, and runs where it is called.
func TestStringTargets(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"db.lua":    "function backup(n) return 'lua ' .. n .. ' ' .. mitogen.context_id end\n",
		"disk.star": "def usage(n, router=None):\n    return 'star %d %s' % (n, router.myself().context_id)\n\nmitogen.takes_router(usage)\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t)
	w.loader = library.NewFinder(filepath.Join(dir, "main.star"), "")
	n := w.node(0, nil, "master", filepath.Join(dir, "main.star"))
	src := `
a = router.local()
b = router.local(via=a)
print(a.call("db.lua:backup", 3))
print(b.call("disk.star:usage", 4))
print(a.call("disk.star:usage", 5))
print("no function nothing" in attempt(a.call, "db.lua:nothing").error.message)
print("none.lua" in attempt(a.call, "none.lua:nothing").error.message)
`
	var err error
	n.host.Lock.Do(func() {
		_, err = n.language("starlark").Run(context.Background(), interp.Source{Path: "main.star", Text: []byte(src)})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := n.out.String(), "lua 3 1\nstar 4 2\nstar 5 1\nTrue\nTrue\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
