//go:build !child

package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadmeShowsWhatTheExampleGives compares README's transcript with what
// testdata/script/examples.txtar holds the program to.
func TestReadmeShowsWhatTheExampleGives(t *testing.T) {
	readme := between(t, "../../README.md", "$ bin/mitoscript run scripts/examples/hello.star\n", "```\n")
	clock := regexp.MustCompile(`^\d\d:\d\d:\d\d `)
	var out, log string
	for line := range strings.Lines(readme) {
		if head := clock.FindString(line); head != "" {
			log += strings.TrimPrefix(line, head)
			continue
		}
		out += strings.Replace(line, "scripts/examples/", "", 1)
	}
	const archive = "testdata/script/examples.txtar"
	if diff := cmp.Diff(between(t, archive, "-- star.want --\n", "-- star.log --\n"), out); diff != "" {
		t.Errorf("the output in README.md (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(between(t, archive, "-- star.log --\n", "-- lua.want --\n"), log); diff != "" {
		t.Errorf("the log in README.md (-want +got):\n%s", diff)
	}
}

// between gives what stands in a file from after one text to before another.
func between(t *testing.T, path, from, to string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), from)
	part, _, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatalf("%s has no part from %q to %q", path, from, to)
	}
	return part
}
