package bootstrap_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
)

// TestMain lets the test binary be the program that is pushed.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "child" {
		os.Exit(childMain(os.Args[0], os.Args[2]))
	}
	goleak.VerifyTestMain(m)
}

func childMain(argv0, nonce string) int {
	if _, _, err := bootstrap.Settle(argv0); err != nil {
		fmt.Print(bootstrap.ErrLine(nonce, err.Error()))
		return 1
	}
	fmt.Print(bootstrap.UpLine(nonce))
	if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
		return 1
	}
	return 0
}

// need skips without the tool, unless MITOSCRIPT_TEST_REQUIRE names it.
func need(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		unavailable(t, name, err.Error())
	}
	return path
}

func unavailable(t *testing.T, name, why string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("MITOSCRIPT_TEST_REQUIRE"), ","), name) {
		t.Fatalf("%s is required: %s", name, why)
	}
	t.Skipf("%s: %s", name, why)
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		unavailable(t, "root", "the test needs root")
	}
}

// tmpfs mounts one on a new folder, for the test.
func tmpfs(t *testing.T, options string) string {
	t.Helper()
	needRoot(t)
	dir := filepath.Join(t.TempDir(), "fs")
	must(t, os.Mkdir(dir, 0o700))
	mount(t, "-t", "tmpfs", "-o", options, "tmpfs", dir)
	t.Cleanup(func() { must(t, exec.Command("umount", dir).Run()) })
	return dir
}

func mount(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
		unavailable(t, "mount", string(out))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
