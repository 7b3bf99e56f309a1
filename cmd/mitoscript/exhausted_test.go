//go:build !child

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A master that can open no more files says so, and keeps what it has. A context
// takes four descriptors or so: of limits in a row, each meets the end at another
// step of a start.
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
	for limit := 60; limit < 66; limit++ {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" run "$1"`, limit), program(os.Getenv(programDirEnv)), script)
		out, err := cmd.CombinedOutput()
		text := strings.ToLower(string(out))
		if err != nil || !strings.Contains(text, "streamerror") || !strings.Contains(text, "too many open files") || !strings.Contains(text, "passed") {
			t.Errorf("limit %d: %v:\n%s", limit, err, out)
		}
	}
}

// A context that gets no more memory is lost, and the others live on.
func TestMemoryRunsOut(t *testing.T) {
	t.Parallel()
	need(t, "prlimit")
	script := filepath.Join(t.TempDir(), "s.star")
	code := `
def eat():
    return ["x" * 1000000 + str(i) for i in range(4000)]
def main(router):
    a, b = router.local(name = "a"), router.local(name = "b")
    proc.run(["prlimit", "--pid", str(a.call(os.getpid)), "--as=1000000000"])
    print(attempt(a.call, eat).error.message)
    print(b.call(len, "passed"))
`
	if err := os.WriteFile(script, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), program(os.Getenv(programDirEnv)), script).CombinedOutput()
	text := string(out)
	wanted := []string{"the respondent Context has disconnected\n", "\n6\n"}
	if !raceEnabled() { // the detector may be the first to get no memory, and ends with a status of its own
		wanted = append(wanted, ": out of memory in runtime.")
	}
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("%v: no %q in\n%s", err, want, text)
		}
	}
}
