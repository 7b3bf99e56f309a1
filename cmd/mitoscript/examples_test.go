//go:build !child

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

const examplesDir = "../../scripts/examples"

// TestExamples runs the examples in both languages, by the same scripts: $X is the
// extension.
func TestExamples(t *testing.T) {
	for _, ext := range []string{"star", "lua"} {
		t.Run(ext, func(t *testing.T) {
			runScripts(t, "testdata/examples", func(env *testscript.Env) { env.Setenv("X", ext) })
		})
	}
}

// TestExamplesAreTested compares the files of the examples, in both languages,
// with the list in their README and with what runs them.
func TestExamplesAreTested(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(examplesDir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	ran := ""
	for _, pattern := range []string{"testdata/examples/*.txtar", "testdata/script/*.txtar"} {
		for _, f := range glob(t, pattern) {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			ran += string(data)
		}
	}
	star, lua := stems(t, ".star"), stems(t, ".lua")
	if !slices.Equal(star, lua) {
		t.Errorf("in Starlark %q, in Lua %q", star, lua)
	}
	for _, name := range star {
		if !strings.Contains(string(readme), "`"+name+"`") {
			t.Errorf("README.md of the examples does not list %s", name)
		}
		for _, ext := range []string{"star", "lua", "$X"} {
			if strings.Contains(ran, "$EXAMPLES/"+name+"."+ext) {
				break
			}
			if ext == "$X" {
				t.Errorf("no test runs %s", name)
			}
		}
	}
}

func stems(t *testing.T, ext string) []string {
	var names []string
	for _, f := range glob(t, filepath.Join(examplesDir, "*"+ext)) {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ext))
	}
	return names
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return files
}
