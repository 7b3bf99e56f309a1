package fs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/fs"
)

func call(t *testing.T, name string, args ...value.Value) (value.Value, error) {
	t.Helper()
	return callKw(t, name, nil, args...)
}

func callKw(t *testing.T, name string, kw []value.Field, args ...value.Value) (value.Value, error) {
	t.Helper()
	for _, f := range fs.Module().Funcs {
		if f.Name == name {
			return f.CallGo(context.Background(), args, kw)
		}
	}
	t.Fatalf("no function %s", name)
	return nil, nil
}

func must(t *testing.T, name string, args ...value.Value) value.Value {
	t.Helper()
	v, err := call(t, name, args...)
	if err != nil {
		t.Fatalf("%s(%v): %v", name, args, err)
	}
	return v
}

func mode(t *testing.T, p string) uint32 {
	t.Helper()
	v, _ := must(t, "stat", p).(*value.Struct).Get("mode")
	return uint32(v.(int64))
}

func TestWriteKeepsModeAndLink(t *testing.T) {
	dir := t.TempDir()
	file, link := dir+"/f", dir+"/l"
	must(t, "write", file, "one")
	must(t, "chmod", file, int64(0o4751))
	must(t, "symlink", "f", link)
	must(t, "write", link, value.Bytes("two\xff"))
	if got := must(t, "read", file); got != "two\xff" {
		t.Errorf("content %q", got)
	}
	if got := mode(t, file); got != 0o4751 {
		t.Errorf("mode %o", got)
	}
	if got := must(t, "is_link", link); got != true {
		t.Error("the link was replaced")
	}
	if names := must(t, "list", dir); !reflect.DeepEqual(names, value.List{"f", "l"}) {
		t.Errorf("left behind: %v", names)
	}
}

func TestWriteThroughDanglingLink(t *testing.T) {
	dir := t.TempDir()
	must(t, "mkdir", dir+"/real")
	must(t, "symlink", "real/f", dir+"/l")
	if _, err := callKw(t, "write", []value.Field{{Name: "mode", Value: "0640"}}, dir+"/l", "x"); err != nil {
		t.Fatal(err)
	}
	if got := mode(t, dir+"/real/f"); got != 0o640 {
		t.Errorf("mode %o", got)
	}
	must(t, "symlink", "real/g", dir+"/m")
	must(t, "touch", dir+"/m")
	if got := must(t, "is_file", dir+"/real/g"); got != true {
		t.Error("touch made no file behind the link")
	}
	must(t, "symlink", "loop", dir+"/loop")
	_, err := call(t, "write", dir+"/loop", "x")
	wantErrno(t, err, "ELOOP")
}

func wantErrno(t *testing.T, err error, want string) {
	t.Helper()
	var e *value.Error
	if !errors.As(err, &e) || !e.IsA(value.KindOS) {
		t.Fatalf("got %v, want an OSError", err)
	}
	for _, f := range e.Attrs {
		if f.Name == "errno" && f.Value == want {
			return
		}
	}
	t.Errorf("%v has attributes %v, want errno %s", err, e.Attrs, want)
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	must(t, "mkdir", dir+"/d/e")
	must(t, "mkdir", dir+"/full/x")
	must(t, "touch", dir+"/f")
	for _, tc := range []struct {
		errno string
		name  string
		args  []value.Value
	}{
		{"ENOENT", "read", []value.Value{dir + "/no"}},
		{"EISDIR", "read", []value.Value{dir}},
		{"EISDIR", "write", []value.Value{dir, "x"}},
		{"EEXIST", "mkdir", []value.Value{dir + "/d", int64(0o755), false}},
		{"ENOTEMPTY", "remove", []value.Value{dir + "/d"}},
		{"ENOENT", "remove", []value.Value{dir + "/no", true}},
		{"EISDIR", "copy", []value.Value{dir + "/d", dir + "/c"}},
		{"ENOENT", "rename", []value.Value{dir + "/no", dir + "/x"}},
		{"EISDIR", "rename", []value.Value{dir + "/f", dir + "/d"}},
		{"ENOTDIR", "rename", []value.Value{dir + "/d", dir + "/f"}},
		{"ENOTEMPTY", "rename", []value.Value{dir + "/full", dir + "/d"}},
	} {
		_, err := call(t, tc.name, tc.args...)
		wantErrno(t, err, tc.errno)
		if err != nil && !strings.HasPrefix(err.Error(), "cannot ") {
			t.Errorf("text %q", err)
		}
	}
	must(t, "remove", dir+"/no", false, true)
	must(t, "rename", dir+"/full", dir+"/d/e") // an empty folder may be replaced
	if must(t, "list", dir+"/d/e").(value.List)[0] != "x" {
		t.Error("the folder is not there")
	}
}

func TestModes(t *testing.T) {
	f := t.TempDir() + "/f"
	must(t, "touch", f)
	for _, tc := range []struct {
		mode value.Value
		want uint32
	}{
		{int64(0o600), 0o600}, {"0644", 0o644}, {"u+x", 0o744}, {"go=", 0o700}, {"a+r,g+w", 0o764},
		{"+X", 0o775}, {"u=rw,go=r", 0o644}, {"u+s", 0o4644}, {"=rx", 0o555},
	} {
		must(t, "chmod", f, tc.mode)
		if got := mode(t, f); got != tc.want {
			t.Errorf("%v: mode %o, want %o", tc.mode, got, tc.want)
		}
	}
	if _, err := call(t, "chmod", f, "u+q"); !value.AsError(err).IsA(value.KindValue) {
		t.Errorf("got %v", err)
	}
}

func TestTrees(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []string{"a/b/c.txt", "a/x.txt", "a/.hidden", "top.txt", "bad\xff.txt"} {
		must(t, "mkdir", filepath.Dir(dir+"/"+p))
		must(t, "write", dir+"/"+p, p)
	}
	for _, tc := range []struct {
		pattern string
		want    []string
	}{
		{"*", []string{"a", "bad\xff.txt", "top.txt"}},
		{"**/*.txt", []string{"a/b/c.txt", "a/x.txt", "bad\xff.txt", "top.txt"}},
		{"a/**", []string{"a/b", "a/b/c.txt", "a/x.txt"}},
		{"a/.*", []string{"a/.hidden"}},
		{"?op.[!x]xt", []string{"top.txt"}},
		{"none*", nil},
	} {
		want := value.List{}
		for _, w := range tc.want {
			want = append(want, dir+"/"+w)
		}
		if got := must(t, "glob", dir+"/"+tc.pattern); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q", tc.pattern, got)
		}
	}
	if n := len(must(t, "walk", dir).(value.List)); n != 7 {
		t.Errorf("walk found %d", n)
	}
	t.Chdir(dir)
	if got := must(t, "glob", "a/*.txt"); !reflect.DeepEqual(got, value.List{"a/x.txt"}) {
		t.Errorf("relative: %q", got)
	}
}

func TestCopy(t *testing.T) {
	dir := t.TempDir()
	must(t, "mkdir", dir+"/a/b")
	must(t, "write", dir+"/a/b/f", "x", int64(0o700))
	must(t, "symlink", "b/f", dir+"/a/l")
	must(t, "copy", dir+"/a", dir+"/c", true)
	if mode(t, dir+"/c/b/f") != 0o700 || must(t, "readlink", dir+"/c/l") != "b/f" {
		t.Error("mode or link lost")
	}
	must(t, "copy", dir+"/a/b/f", dir+"/c")
	if must(t, "read", dir+"/c/f") != "x" {
		t.Error("not copied into the folder")
	}
	if _, err := call(t, "copy", dir+"/a", dir+"/a/b/z", true); !value.AsError(err).IsA(value.KindValue) {
		t.Errorf("copy into itself: %v", err)
	}
	_, err := call(t, "copy", dir+"/a/b/f", dir+"/a/l")
	wantErrno(t, err, "EINVAL")
}

func TestReplaceAndHash(t *testing.T) {
	f := t.TempDir() + "/f"
	must(t, "write", f, "port 22\nport 80\n")
	if n := must(t, "replace", f, `port (\d+)`, `listen \1`); n != int64(2) {
		t.Errorf("%v replacements", n)
	}
	if got := must(t, "lines", f); !reflect.DeepEqual(got, value.List{"listen 22", "listen 80"}) {
		t.Errorf("%q", got)
	}
	if got := must(t, "hash", f, "crc32"); len(got.(string)) != 8 {
		t.Errorf("%q", got)
	}
}

func TestLock(t *testing.T) {
	f := t.TempDir() + "/lock"
	l := must(t, "lock", f).(interp.Object)
	if _, err := call(t, "lock", f, 0.02); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want a TimeoutError", err)
	}
	release, _ := l.Attr("release")
	if _, err := release.(*interp.Func).CallGo(context.Background(), nil, nil); err != nil {
		t.Fatal(err)
	}
	must(t, "lock", f, 0.0)
}

func TestHome(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	must(t, "write", "~/f", "x")
	if _, err := os.Stat(dir + "/f"); err != nil {
		t.Error(err)
	}
}

func TestErrorsNameBothPaths(t *testing.T) {
	dir := t.TempDir()
	must(t, "write", dir+"/f", "")
	for name, want := range map[string]string{
		"rename":  "cannot rename " + dir + "/a to " + dir + "/b: no such file or directory",
		"link":    "cannot link " + dir + "/b to " + dir + "/a: no such file or directory",
		"symlink": "cannot link " + dir + "/f to " + dir + "/a: file exists",
	} {
		to := dir + "/b"
		if name == "symlink" {
			to = dir + "/f"
		}
		if _, err := call(t, name, dir+"/a", to); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

func TestGlobOfFolders(t *testing.T) {
	dir := t.TempDir()
	must(t, "mkdir", dir+"/a/b")
	must(t, "write", dir+"/f", "")
	must(t, "symlink", "a", dir+"/l")
	for pattern, want := range map[string]value.List{
		"/*/":    {dir + "/a/", dir + "/l/"},
		"/f/":    {},
		"/a/":    {dir + "/a/"},
		"/**/":   {dir + "/", dir + "/a/", dir + "/a/b/"},
		"/**/b/": {dir + "/a/b/"},
	} {
		if got := must(t, "glob", dir+pattern); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", pattern, got, want)
		}
	}
}
