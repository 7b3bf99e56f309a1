//go:build !child

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdARM64 builds the child for linux-arm64 and gives the path of a program that runs
// it, by qemu's emulation of one process, as $ARM64.
func cmdARM64(ts *testscript.TestScript, neg bool, args []string) {
	t := tb(ts)
	need(t, "qemu-aarch64-static")
	programs := os.Getenv(programDirEnv)
	child := filepath.Join(ts.Getenv("WORK"), "child-arm64")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-tags", "child", "-ldflags",
		"-s -w -X main.version=test -X main.build="+bundleBuild(t, filepath.Join(programs, "bundle")), "-o", child, ".")
	cmd.Env = append(os.Environ(), "GOFLAGS=", "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	start := filepath.Join(ts.Getenv("WORK"), "mitoscript-arm64")
	// The emulation is not for signals that come at any instruction.
	text := "#!/bin/sh\nGODEBUG=asyncpreemptoff=1 exec qemu-aarch64-static " + child + " \"$@\"\n"
	if err := os.WriteFile(start, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	ts.Setenv("ARM64", start)
}

// bundleBuild is the build that the bundle's manifest names.
func bundleBuild(t testing.TB, dir string) string {
	t.Helper()
	manifest, err := os.ReadFile(filepath.Join(dir, "manifest"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(manifest)) {
		if build, ok := strings.CutPrefix(line, "build "); ok {
			return strings.TrimSpace(build)
		}
	}
	t.Fatalf("no build in %s", manifest)
	return ""
}
