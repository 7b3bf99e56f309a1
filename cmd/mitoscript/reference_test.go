//go:build !child

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReferenceIsUpToDate compares docs/reference with what `make docs` writes.
func TestReferenceIsUpToDate(t *testing.T) {
	lib, err := documentation()
	if err != nil {
		t.Fatal(err)
	}
	want := lib.Pages()
	files, err := filepath.Glob("../../docs/reference/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, ok := want[filepath.Base(file)]; !ok {
			t.Errorf("%s is left over: run `make docs`", file)
		}
	}
	for name, text := range want {
		have, err := os.ReadFile(filepath.Join("../../docs/reference", name))
		if err != nil {
			t.Errorf("%v: run `make docs`", err)
		} else if diff := cmp.Diff(text, string(have)); diff != "" {
			t.Errorf("docs/reference/%s is not what the code says: run `make docs` (-code +file):\n%s", name, diff)
		}
	}
}
