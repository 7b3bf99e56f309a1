//go:build !child

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// smallDisk runs a program where the folder small has room for 1 MiB.
const smallDisk = `mount -t tmpfs -o size=1m none small && exec "$0" "$@"`

// Copies and writes for which there is no room fail, and leave what was there.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	need(t, "root")
	need(t, "unshare")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "small"), 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), "unshare", append([]string{"-m", "sh", "-c", smallDisk}, args...)...)
		cmd.Dir = dir
		return cmd.CombinedOutput()
	}
	if out, err := run("true"); err != nil {
		t.Skipf("no file system of its own here: %v: %s", err, out)
	}
	code := `
def main(router):
    c = router.local()
    fs.write("big", "x" * (2 << 20))
    fs.write("small/old", "as it was")
    for failed in [attempt(c.put, "big", "small/old"), attempt(c.get, "big", "small/old"),
                   attempt(c.call, fs.write, "small/old", "x" * (2 << 20))]:
        print(failed.ok or failed.error.message.split(": ")[-1])
    print(fs.read("small/old"), fs.list("small"))
    c.put("small/old", "small/new")
    print(fs.read("small/new"))
`
	if err := os.WriteFile(filepath.Join(dir, "s.star"), []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := run(program(os.Getenv(programDirEnv)), "run", "s.star")
	want := strings.Repeat("no space left on device\n", 3) + "as it was [\"old\"]\nas it was\n"
	if err != nil || string(out) != want {
		t.Errorf("%v: got\n%s\nwant\n%s", err, out, want)
	}
}
