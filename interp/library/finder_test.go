package library_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/interp/library"
)

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(path), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFindLooksBesideTheImporterThenAtTheScriptThenOnThePath(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	script, importer, extra := filepath.Join(root, "s/main.star"), filepath.Join(root, "s/lib/a.star"), filepath.Join(root, "p")
	for _, f := range []string{"s/lib/near.star", "s/near.star", "s/mid.star", "p/mid.star", "p/far.star", "p/db/x.lua"} {
		write(t, filepath.Join(root, f))
	}
	f := library.NewFinder(script, extra)
	for _, tt := range []struct{ name, ext, want string }{
		{"near.star", ".star", "s/lib/near.star"},
		{"mid.star", ".star", "s/mid.star"},
		{"far.star", ".star", "p/far.star"},
		{"db.x", ".lua", "p/db/x.lua"},
		{"db/x.lua", ".lua", "p/db/x.lua"},
	} {
		src, err := f.Find(context.Background(), importer, tt.name, tt.ext)
		if err != nil || src.Path != filepath.Join(root, tt.want) || string(src.Text) != src.Path {
			t.Errorf("%s: got %q, %v; want %s", tt.name, src.Path, err, tt.want)
		}
	}
}

func TestFindSaysWhereItLooked(t *testing.T) {
	dir := t.TempDir()
	_, err := library.NewFinder(filepath.Join(dir, "main.star"), "").Find(context.Background(), "", "lib/none.star", ".star")
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "lib/none.star")) {
		t.Fatalf("got %v", err)
	}
}

// TestServe: a context below gets what the script has loaded, and scripts on the
// path; of everything else it does not even learn that it is there.
func TestServe(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"s/loaded.lua", "s/secret.lua", "s/lib/near.lua", "p/db/x.lua", "p/notes.txt", "q/outside.lua"} {
		write(t, filepath.Join(root, f))
	}
	for link, to := range map[string]string{"p/linked.lua": "q/outside.lua", "p/text.lua": "p/notes.txt", "p/inside.lua": "p/db/x.lua"} {
		if err := os.Symlink(filepath.Join(root, to), filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	f := library.NewFinder(filepath.Join(root, "s/main.lua"), filepath.Join(root, "p"))
	for _, name := range []string{"loaded", "lib.near"} {
		if _, err := f.Find(context.Background(), "", name, ".lua"); err != nil {
			t.Fatal(err)
		}
	}
	serve := func(importer, name, want string) {
		t.Helper()
		src, err := f.Serve(importer, name, ".lua")
		switch {
		case want == "" && (err == nil || !strings.Contains(err.Error(), "is not served")):
			t.Errorf("%s: got %q, %v", name, src.Path, err)
		case want != "" && (err != nil || src.Path != filepath.Join(root, want) || string(src.Text) != src.Path):
			t.Errorf("%s: got %q, %v; want %s", name, src.Path, err, want)
		}
	}
	serve("", "loaded", "s/loaded.lua")
	serve(filepath.Join(root, "s/lib/other.lua"), "near", "s/lib/near.lua")
	serve("", "db.x", "p/db/x.lua")
	serve("", "inside", "p/db/x.lua")
	for _, name := range []string{
		"secret", "none", "linked", "text", "../p/db/x.lua", "../s/secret.lua", filepath.Join(root, "s/secret.lua"),
		filepath.Join(root, "p/db/x.lua"), "/etc/passwd", "notes.txt", "", ".", "\x00",
	} {
		serve("", name, "")
	}
	serve("../../../etc/x", "passwd", "")
	for _, extension := range []string{".txt", "", "es.txt", ".Lua"} { // it is what the context says
		if src, err := f.Serve("", "notes.txt", extension); err == nil {
			t.Errorf("extension %q: got %q", extension, src.Path)
		}
	}
	f.DropPath()
	serve("", "db.x", "")
	serve("", "loaded", "s/loaded.lua")
}
