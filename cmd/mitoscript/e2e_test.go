//go:build !child

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// programDirEnv names the folder of the programs under test: the real ones, built
// as the Makefile builds them, with their bundle beside them.
const programDirEnv = "MITOSCRIPT_TEST_PROGRAMS"

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "mitoscript-programs-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		err = buildPrograms(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot build the programs under test:", err)
		return 1
	}
	// Programs with the race detector sleep a second at their end otherwise.
	if err := errors.Join(os.Setenv("GORACE", "atexit_sleep_ms=20"), os.Setenv(programDirEnv, dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// buildPrograms builds the master, with the race detector if the tests have it,
// and the child that it pushes.
func buildPrograms(dir string) error {
	stamp := fmt.Sprintf("test%d", time.Now().UnixNano())
	flags := []string{"build", "-ldflags", "-s -w -X main.version=test -X main.build=" + stamp}
	master := flags
	if raceEnabled() {
		master = append([]string{"build", "-race"}, flags[1:]...)
	}
	child := filepath.Join(dir, "child")
	platform := runtime.GOOS + "-" + runtime.GOARCH
	foreign := filepath.Join(dir, "foreign")
	for _, c := range []struct {
		cgo  string
		args []string
	}{
		{"", append(append([]string{}, master...), "-o", program(dir), ".")},
		{"CGO_ENABLED=0", append(append([]string{}, flags...), "-tags", "child", "-o", child, ".")},
		{"", []string{"run", "../../mitogen/bootstrap/mkbundle", filepath.Join(dir, "bundle"), stamp,
			platform + "=" + child, "linux-riscv64=" + foreign}},
	} {
		cmd := exec.Command("go", c.args...)
		cmd.Env = append(os.Environ(), "GOFLAGS=")
		if c.cgo != "" {
			cmd.Env = append(cmd.Env, c.cgo)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", c.args, err, out)
		}
		if slices.Contains(c.args, child) {
			if err := makeForeign(foreign, child); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeForeign makes what the bundle has for a platform that no test runs on: a
// program that runs here, and is not the same as ours.
func makeForeign(to, child string) error {
	data, err := os.ReadFile(child)
	if err != nil {
		return err
	}
	return os.WriteFile(to, append(data, "foreign"...), 0o700)
}

// raceEnabled tells whether this test program has the race detector.
func raceEnabled() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

func program(dir string) string { return filepath.Join(dir, "mitoscript") }

func TestScripts(t *testing.T) {
	runScripts(t, "testdata/script", func(*testscript.Env) {})
}

// runScripts runs the scripts of a folder, each in an environment that prepare may
// add to.
func runScripts(t *testing.T, dir string, prepare func(*testscript.Env)) {
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			prepare(env)
			return setupScript(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":   cmdStatus,
			"lines":    cmdLines,
			"sshd":     cmdSSHD,
			"need":     cmdNeed,
			"gone":     cmdGone,
			"running":  cmdRunning,
			"killed":   cmdKilled,
			"image":    cmdImage,
			"podman":   cmdPodman,
			"arm64":    cmdARM64,
			"accounts": cmdAccounts,
		},
	})
}

// testingKey is where a script's testing.TB is kept.
type testingKey struct{}

func setupScript(env *testscript.Env) error {
	env.Values[testingKey{}] = env.T()
	home := filepath.Join(env.WorkDir, "home")
	cache := filepath.Join(env.WorkDir, "cache")
	for _, dir := range []string{home, cache} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	examples, err := filepath.Abs("../../scripts/examples")
	if err != nil {
		return err
	}
	dir := os.Getenv(programDirEnv)
	env.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	env.Setenv("GORACE", os.Getenv("GORACE"))
	env.Setenv("HOME", home)
	env.Setenv("XDG_CACHE_HOME", cache)
	env.Setenv("EXAMPLES", examples)
	env.Setenv("PROGRAM", program(dir))
	// A name by which this script's processes are found.
	env.Setenv("MARK", fmt.Sprintf("e2e-%d-%d", os.Getpid(), time.Now().UnixNano()))
	return nil
}
