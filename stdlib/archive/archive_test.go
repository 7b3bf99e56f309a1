package archive_test

import (
	"archive/tar"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/archive"
)

func call(t *testing.T, name string, args ...value.Value) (value.Value, error) {
	t.Helper()
	for _, f := range archive.Module().Funcs {
		if f.Name == name {
			return f.CallGo(context.Background(), args, nil)
		}
	}
	t.Fatalf("no function %s", name)
	return nil, nil
}

func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"a.tar", "a.tar.gz", "a.tgz", "a.tar.zst", "a.zip"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			src := dir + "/src"
			if err := errors.Join(os.MkdirAll(src+"/sub", 0o750), os.WriteFile(src+"/sub/f", []byte("data"), 0o640),
				os.Symlink("sub/f", src+"/l"), os.WriteFile(dir+"/one", nil, 0o755)); err != nil {
				t.Fatal(err)
			}
			file := dir + "/" + name
			if _, err := call(t, "create", file, value.List{src, dir + "/one"}); err != nil {
				t.Fatal(err)
			}
			names, err := call(t, "list", file)
			if want := (value.List{"src", "src/l", "src/sub", "src/sub/f", "one"}); !reflect.DeepEqual(names, want) {
				t.Errorf("list = %v, %v", names, err)
			}
			for range 2 { // a second time over the first
				if _, err := call(t, "extract", file, dir+"/out"); err != nil {
					t.Fatal(err)
				}
			}
			data, err := os.ReadFile(dir + "/out/src/l")
			info, _ := os.Lstat(dir + "/out/src/sub/f")
			if string(data) != "data" || err != nil || info.Mode() != 0o640 {
				t.Errorf("got %q, %v, %v", data, err, info.Mode())
			}
			if link, _ := os.Readlink(dir + "/out/src/l"); link != "sub/f" {
				t.Errorf("link to %q", link)
			}
		})
	}
}

func TestEvilMembersAreRefused(t *testing.T) {
	for what, h := range map[string]tar.Header{
		"absolute":      {Name: "/tmp/x"},
		"parent":        {Name: "a/../../x"},
		"link out":      {Name: "l", Typeflag: tar.TypeSymlink, Linkname: "../x"},
		"absolute link": {Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/etc"},
		"hard link":     {Name: "l", Typeflag: tar.TypeLink, Linkname: "../x"},
		"device":        {Name: "d", Typeflag: tar.TypeChar},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			f, err := os.Create(dir + "/a.tar")
			if err != nil {
				t.Fatal(err)
			}
			w := tar.NewWriter(f)
			err = errors.Join(w.WriteHeader(&tar.Header{Name: "good"}), w.WriteHeader(&h), w.Close(), f.Close())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := call(t, "extract", dir+"/a.tar", dir+"/out"); !errors.Is(err, value.KindValue) {
				t.Errorf("got %v", err)
			}
			if _, err := os.Lstat(dir + "/out"); !errors.Is(err, os.ErrNotExist) {
				t.Error("something was written")
			}
		})
	}
}

func TestLinksOfTheFolderAreNotFollowed(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.MkdirAll(dir+"/src", 0o755), os.WriteFile(dir+"/src/f", nil, 0o644), os.Mkdir(dir+"/out", 0o755),
		os.Mkdir(dir+"/elsewhere", 0o755), os.Symlink("../elsewhere", dir+"/out/src")); err != nil {
		t.Fatal(err)
	}
	if _, err := call(t, "create", dir+"/a.tar", dir+"/src"); err != nil {
		t.Fatal(err)
	}
	if _, err := call(t, "extract", dir+"/a.tar", dir+"/out"); err == nil {
		t.Error("followed a link out of the folder")
	}
	if left, _ := filepath.Glob(dir + "/elsewhere/*"); len(left) > 0 {
		t.Errorf("wrote %v", left)
	}
}

func TestNoArchive(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/x", []byte("PK\x03\x04 no"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := call(t, "list", dir+"/x"); !errors.Is(err, value.KindValue) {
		t.Errorf("got %v", err)
	}
	if _, err := call(t, "list", dir+"/none"); !errors.Is(err, value.KindOS) {
		t.Errorf("got %v", err)
	}
	if _, err := call(t, "create", dir+"/a.rar", dir); !errors.Is(err, value.KindValue) {
		t.Errorf("got %v", err)
	}
}
