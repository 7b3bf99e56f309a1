package archive_test

import (
	"context"
	"errors"
	"os"
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

func TestNoArchive(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/x", []byte("PK\x03\x04 no"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := call(t, "list", dir+"/x"); !errors.Is(err, value.KindValue) {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(dir+"/empty", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := call(t, "list", dir+"/empty"); !errors.Is(err, value.KindValue) {
		t.Errorf("got %v", err)
	}
	if _, err := call(t, "list", dir+"/none"); !errors.Is(err, value.KindOS) {
		t.Errorf("got %v", err)
	}
	if _, err := call(t, "create", dir+"/a.rar", dir); !errors.Is(err, value.KindValue) {
		t.Errorf("got %v", err)
	}
}
