//go:build !child

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// noMoreTerminals runs a program where there can be one pseudo-terminal only.
const noMoreTerminals = `mount -t devpts -o newinstance,ptmxmode=666,max=1 devpts /dev/pts &&
mount --bind /dev/pts/ptmx /dev/ptmx && exec "$0" "$@"`

// Who can get no more terminals is told so, with the limit's name, and what needs
// none goes on.
func TestTerminalsRunOut(t *testing.T) {
	t.Parallel()
	need(t, "root")
	need(t, "unshare")
	if out, err := exec.Command("unshare", "-m", "sh", "-c", noMoreTerminals, "true").CombinedOutput(); err != nil {
		t.Skipf("no private /dev/pts here: %v: %s", err, out)
	}
	script := filepath.Join(t.TempDir(), "s.star")
	code := `
def main(router):
    keep = proc.start(["sleep", "600"], pty = True)
    for attempted in [attempt(router.su), attempt(proc.run, ["true"], pty = True)]:
        print(attempted.error.kind, attempted.error.message)
    print(router.local().call(len, "passed"))
`
	if err := os.WriteFile(script, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "unshare", "-m", "sh", "-c", noMoreTerminals,
		program(os.Getenv(programDirEnv)), "run", script).CombinedOutput()
	text := string(out)
	for _, want := range []string{
		"StreamError cannot create a pseudo-terminal: ", "sysctl kernel.pty.max",
		"OSError cannot make a pseudo-terminal for true: ", "\n6\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%v: no %q in\n%s", err, want, text)
		}
	}
}
