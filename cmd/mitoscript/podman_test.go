//go:build !child

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdPodman makes an image ($IMAGE) and containers of podman ($MARK, which runs) and of
// buildah ($MARK-b), in a store of their own that goes with the script. Where podman
// can run no container the script is skipped.
func cmdPodman(ts *testscript.TestScript, neg bool, args []string) {
	t := tb(ts)
	dir := filepath.Join(ts.Getenv("WORK"), "containers")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		// Limits above those of the test's own process are not for everybody to set.
		"CONTAINERS_CONF":         "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=4096:4096\"]\nnetns = \"none\"\n",
		"CONTAINERS_STORAGE_CONF": fmt.Sprintf("[storage]\ndriver = \"vfs\"\ngraphroot = %q\nrunroot = %q\n", dir+"/graph", dir+"/run"),
	} {
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		ts.Setenv(file, path)
	}
	e := &podmanStore{t: t, env: append(os.Environ(),
		"CONTAINERS_CONF="+dir+"/CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF="+dir+"/CONTAINERS_STORAGE_CONF")}
	mark := ts.Getenv("MARK")
	image := "localhost/" + mark
	ts.Setenv("IMAGE", image)
	ts.Defer(func() { // before the store's folder is removed
		for _, argv := range []string{"buildah rm --all", "podman rm --all --force --time 0", "podman rmi --all --force"} {
			if out, err := e.run(strings.Fields(argv), nil); err != nil {
				t.Logf("%s: %v: %s", argv, err, out)
			}
		}
	})
	e.need(imageTar(t, ""), "podman", "import", "-", image)
	e.need(nil, "podman", "run", "-d", "--name", mark, image, "sleep", "300")
	e.need(nil, "buildah", "from", "--name", mark+"-b", image)
	e.need(nil, "buildah", "run", mark+"-b", "--", "sh", "-c", "exit 0")
}

// podmanStore is what podman and buildah keep for one script.
type podmanStore struct {
	t   testing.TB
	env []string
}

func (e *podmanStore) run(argv []string, stdin []byte) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), processTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env, cmd.Stdin, cmd.WaitDelay = e.env, bytes.NewReader(stdin), processTimeout
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// need skips the script if the command fails.
func (e *podmanStore) need(stdin []byte, argv ...string) {
	e.t.Helper()
	if out, err := e.run(argv, stdin); err != nil {
		missing(e.t, argv[0], fmt.Sprintf("%s works not here: %v: %s", strings.Join(argv[:2], " "), err, out))
	}
}
