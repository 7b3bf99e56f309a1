package archive_test

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

func link(name, target string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target}
}

func hardLink(name, target string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeLink, Linkname: target}
}

// writeTar makes an archive whose files hold as many zeros as their size says.
func writeTar(t *testing.T, file string, headers ...tar.Header) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var to io.WriteCloser = f
	if strings.HasSuffix(file, ".gz") {
		to = gzip.NewWriter(f)
	}
	w := tar.NewWriter(to)
	for _, h := range headers {
		h.Mode = 0o755
		err = errors.Join(err, w.WriteHeader(&h))
		_, e := io.CopyN(w, zeros{}, h.Size)
		err = errors.Join(err, e)
	}
	if err := errors.Join(err, w.Close(), to.Close()); err != nil {
		t.Fatal(err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func wantRefused(t *testing.T, dir, file string, more ...value.Value) {
	t.Helper()
	args := append([]value.Value{file, dir + "/out"}, more...)
	if _, err := call(t, "extract", args...); !errors.Is(err, value.KindValue) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Lstat(dir + "/out"); !errors.Is(err, os.ErrNotExist) {
		t.Error("something was written")
	}
}

func TestEvilMembersAreRefused(t *testing.T) {
	for what, evil := range map[string][]tar.Header{
		"absolute":                   {{Name: "/tmp/x"}},
		"parent":                     {{Name: "a/../../x"}},
		"link out":                   {link("l", "../x")},
		"absolute link":              {link("l", "/etc")},
		"hard link":                  {hardLink("l", "../x")},
		"absolute hard link":         {hardLink("l", "/etc/passwd")},
		"device":                     {{Name: "d", Typeflag: tar.TypeChar}},
		"pipe":                       {{Name: "d", Typeflag: tar.TypeFifo}},
		"link below a link":          {link("d", "."), link("d/x", "..")},
		"link over a link":           {link("d", "."), link("a", "d/..")},
		"link over a later link":     {link("a", "d/.."), link("d", ".")},
		"hard link to a link":        {link("sub/x", "../good"), hardLink("y", "sub/x")},
		"hard link to its hard link": {link("sub/x", "../good"), hardLink("sub/z", "sub/x"), hardLink("y", "sub/z")},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			writeTar(t, dir+"/a.tar", append([]tar.Header{{Name: "good"}}, evil...)...)
			wantRefused(t, dir, dir+"/a.tar")
		})
	}
}

func TestLinksWithinTheFolder(t *testing.T) {
	dir := t.TempDir()
	writeTar(t, dir+"/a.tar", tar.Header{Name: "lib/", Typeflag: tar.TypeDir}, link("lib64", "lib"), tar.Header{Name: "lib64/f", Size: 3},
		link("a/b/c", "../../lib/f"), hardLink("h", "lib/f"), link("round", "round"), link("nowhere", "x/../y"))
	for range 2 { // a second time over the first
		if _, err := call(t, "extract", dir+"/a.tar", dir+"/out"); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"lib/f", "a/b/c", "h"} {
		if data, err := os.ReadFile(dir + "/out/" + name); string(data) != "\x00\x00\x00" {
			t.Errorf("%s: got %q, %v", name, data, err)
		}
	}
}

func TestLinksOfTheFolderAreNotFollowed(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(dir+"/elsewhere", 0o755), os.MkdirAll(dir+"/out/in", 0o755),
		os.Symlink("../elsewhere", dir+"/out/src"), os.Symlink(".", dir+"/out/here")); err != nil {
		t.Fatal(err)
	}
	for what, h := range map[string]tar.Header{
		"file": {Name: "src/f"}, "folder": {Name: "src/", Typeflag: tar.TypeDir}, "link": link("here/l", ".."),
	} {
		writeTar(t, dir+"/a.tar", tar.Header{Name: "good"}, h)
		if _, err := call(t, "extract", dir+"/a.tar", dir+"/out"); !errors.Is(err, value.KindValue) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if left, _ := filepath.Glob(dir + "/elsewhere/*"); len(left) > 0 {
		t.Errorf("wrote %v", left)
	}
	if _, err := os.Lstat(dir + "/out/good"); err == nil {
		t.Error("something was written")
	}
}

func TestSizeIsLimited(t *testing.T) {
	dir := t.TempDir()
	file := dir + "/a.tar.gz"
	writeTar(t, file, tar.Header{Name: "a", Size: 3 << 20}, tar.Header{Name: "b", Size: 3 << 20})
	wantRefused(t, dir, file, int64(5<<20))
	wantRefused(t, dir, file, int64(6<<20)) // each member costs something
	wantRefused(t, dir, file, int64(-1))
	if _, err := call(t, "extract", file, dir+"/out", int64(7<<20)); err != nil {
		t.Error(err)
	}
}

// TestBombs are refused by what they say of their size: nothing is unpacked.
func TestBombs(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(dir + "/a.zip")
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	to, err := w.CreateRaw(&zip.FileHeader{Name: "zeros", Method: zip.Deflate, CompressedSize64: 4, UncompressedSize64: 2 << 30})
	if err == nil {
		_, err = to.Write([]byte("zero"))
	}
	if err := errors.Join(err, w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, dir, f.Name())
}
