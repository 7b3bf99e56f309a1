//go:build !child

package main

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdImage makes a docker image that has a shell and nothing else, removed when
// the script ends: $IMAGE. With --empty it has not even that, with --sleeping the
// program /sleep only.
func cmdImage(ts *testscript.TestScript, neg bool, args []string) {
	t := tb(ts)
	need(t, "docker")
	need(t, "busybox")
	kind := ""
	if len(args) > 0 {
		kind = args[0]
	}
	name := ts.Getenv("MARK") + kind
	importImage(t, name, kind)
	ts.Setenv("IMAGE", name)
}

func importImage(t testing.TB, name, kind string) {
	t.Helper()
	cmd := exec.Command("docker", "import", "-", name)
	cmd.Stdin = bytes.NewReader(imageTar(t, kind))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("docker import: %v: %s", err, out)
	}
	t.Cleanup(func() {
		left, _ := exec.Command("docker", "ps", "-aq", "--filter", "ancestor="+name).Output()
		for _, id := range strings.Fields(string(left)) {
			_ = exec.Command("docker", "rm", "-f", id).Run() // of a test that failed
		}
		if out, err := exec.Command("docker", "rmi", "-f", name).CombinedOutput(); err != nil {
			t.Errorf("docker rmi: %v: %s", err, out)
		}
	})
}

func imageTar(t testing.TB, kind string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	add := func(h *tar.Header, data []byte) {
		h.Size = int64(len(data))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	add(&tar.Header{Name: "tmp/", Mode: 0o1777, Typeflag: tar.TypeDir}, nil)
	program := "bin/busybox"
	switch kind {
	case "":
		add(&tar.Header{Name: "etc/passwd", Mode: 0o644}, []byte("root:x:0:0::/root:/bin/sh\napp:x:1234:1235::/home/app:/bin/sh\n"))
		for _, tool := range strings.Fields("sh uname id ls echo mkdir chmod mv rm cat head dd gzip sleep") {
			add(&tar.Header{Name: "bin/" + tool, Typeflag: tar.TypeSymlink, Linkname: "busybox"}, nil)
		}
	case "--sleeping":
		program = "sleep"
	default:
		program = ""
	}
	if program != "" {
		for name, path := range busyboxFiles(t, program) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			add(&tar.Header{Name: name, Mode: 0o755, Typeflag: tar.TypeReg}, data)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// busyboxFiles gives the program, under a name, and the libraries that it needs, if
// any: their names in the image and where they are.
func busyboxFiles(t testing.TB, name string) map[string]string {
	t.Helper()
	path, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{name: path}
	out, _ := exec.Command("ldd", path).Output() // fails for one that needs none
	for _, field := range strings.Fields(string(out)) {
		if strings.HasPrefix(field, "/") {
			files[strings.TrimPrefix(field, "/")] = field
		}
	}
	return files
}
