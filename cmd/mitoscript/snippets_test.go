//go:build !child

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// snippet is a fenced block of a document. mark is the comment before it: what
// follows "run" are arguments, and the next block without a language is the output.
type snippet struct {
	file, lang, text, mark, output string
	line                           int
}

var snippetMark = regexp.MustCompile(`^<!-- (run|test)(?:: (.*))? -->$`)

// given are the names that snippets take for granted.
var given = map[string]string{
	"python": "web, host, args, full, ctx, bastion, contexts, fn, facts = router.local(), '', [], len, router.local(), router.local(), [], len, len\n",
	"lua":    "local web, host, args, ctx, contexts = router:local_{}, '', {}, router:local_{}, {}\n",
}

var extension = map[string]string{"python": ".star", "lua": ".lua"}

// TestSnippets checks all snippets of the documents, and runs those that say so.
func TestSnippets(t *testing.T) {
	dir := t.TempDir()
	hosts := "[web]\nweb[1:2] ansible_connection=local\n[web:vars]\nhttp_port=8080\n"
	if err := os.WriteFile(filepath.Join(dir, "hosts"), []byte(hosts), 0o600); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, file := range append(glob(t, "../../docs/*.md"), "../../README.md") {
		for _, s := range snippets(t, file) {
			if extension[s.lang] == "" || strings.HasPrefix(s.text, "# Python\n") {
				continue
			}
			if s.mark != "" {
				ran++
			}
			t.Run(fmt.Sprintf("%s:%d", filepath.Base(file), s.line), func(t *testing.T) { s.try(t, dir) })
		}
	}
	if ran < 5 {
		t.Errorf("%d snippets were run", ran)
	}
}

func (s snippet) try(t *testing.T, dir string) {
	name, text := "snippet"+extension[s.lang], s.text
	first, _, _ := strings.Cut(text, "\n")
	if title := strings.TrimLeft(first, "#- "); strings.HasSuffix(title, extension[s.lang]) {
		name = title
	}
	if !strings.Contains(text, "main(") && s.mark == "" {
		text = given[s.lang] + text
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	switch mark := snippetMark.FindStringSubmatch(s.mark); {
	case mark == nil:
		// Modules that a snippet loads are the reader's own.
		out := printed(t, dir, "check", name)
		for line := range strings.Lines(out) {
			if !strings.Contains(line, "lib/") && !strings.Contains(line, "lib.") {
				t.Error(line)
			}
		}
	case mark[1] == "test":
		if out := printed(t, dir, "test", name); !strings.Contains(out, " 0 failed") {
			t.Error(out)
		}
	default:
		flags, args := []string{"run"}, strings.Fields(mark[2])
		for len(args) > 1 && strings.HasPrefix(args[0], "-") {
			flags, args = append(flags, args[:2]...), args[2:]
		}
		if diff := cmp.Diff(s.output, printed(t, dir, append(append(flags, name), args...)...)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// printed gives what the program prints, to stderr too if it fails.
func printed(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program(os.Getenv(programDirEnv)), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"), "HOME="+dir)
	out, err := cmd.Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return string(out) + string(exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// snippets reads the fenced blocks of a file.
func snippets(t *testing.T, file string) []snippet {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []snippet
	mark, inside := "", false
	for i, line := range strings.Split(string(data), "\n") {
		last := len(all) - 1
		switch {
		case strings.HasPrefix(line, "```") && inside:
			inside = false
			if s := all[last]; s.lang == "" && last > 0 && all[last-1].mark != "" && all[last-1].output == "" {
				all[last-1].output = s.text
			}
		case strings.HasPrefix(line, "```"):
			all = append(all, snippet{file: file, lang: strings.TrimPrefix(line, "```"), line: i + 1, mark: mark})
			mark, inside = "", true
		case inside:
			all[last].text += line + "\n"
		case snippetMark.MatchString(line):
			mark = line
		}
	}
	return all
}
