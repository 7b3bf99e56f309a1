package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// FuzzExtract: whatever an archive holds, nothing is written beside its folder.
func FuzzExtract(f *testing.F) {
	f.Add(tarOf("../evil", "", "x"), true)
	f.Add(tarOf("a", "..", ""), true)
	f.Add(tarOf("a/b", "", "x"), true)
	f.Add(zipOf("../evil", "x"), false)
	f.Add(zipOf("a/b", "x"), false)
	f.Fuzz(func(t *testing.T, data []byte, isTar bool) {
		dir := t.TempDir()
		file := filepath.Join(dir, "a.zip")
		if isTar {
			file = filepath.Join(dir, "a.tar")
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = extract(t.Context(), file, filepath.Join(dir, "into"), 1<<20)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if name := e.Name(); name != "into" && name != filepath.Base(file) {
				t.Fatalf("%s was written", name)
			}
		}
	})
}

func tarOf(name, link, text string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	h := &tar.Header{Name: name, Linkname: link, Size: int64(len(text)), Mode: 0o644, Typeflag: tar.TypeReg}
	if link != "" {
		h.Typeflag = tar.TypeSymlink
	}
	_ = w.WriteHeader(h)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

func zipOf(name, text string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if f, err := w.Create(name); err == nil {
		_, _ = f.Write([]byte(text))
	}
	_ = w.Close()
	return b.Bytes()
}
