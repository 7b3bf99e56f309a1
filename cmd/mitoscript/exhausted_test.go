//go:build !child

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A master that can open no more files says so, and keeps what it has.
func TestDescriptorsRunOut(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "s.star")
	code := `
def main(router):
    contexts = []
    for i in range(100):
        r = attempt(router.local, name = "n%d" % i)
        if not r.ok:
            print(r.error.kind, r.error.message)
            break
        contexts.append(r.value)
    if contexts and len([c for c in contexts if c.call(lambda: 1) == 1]) == len(contexts):
        print("passed")
`
	if err := os.WriteFile(script, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -n 64 && exec "$0" run "$1"`, program(os.Getenv(programDirEnv)), script)
	out, err := cmd.CombinedOutput()
	if text := string(out); err != nil || !strings.Contains(text, "Too many open files") || !strings.Contains(text, "passed") {
		t.Fatalf("%v:\n%s", err, text)
	}
}
