package format_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/format"
	"github.com/mitoscript/mitoscript/interp/starlark"
)

func layOut(t testing.TB, text string) string {
	t.Helper()
	out, err := format.Source(interp.Source{Path: "x.star", Text: []byte(text)})
	if err != nil {
		t.Fatalf("%v\n%q", err, text)
	}
	return string(out)
}

func TestSource(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	want := read("ugly.want.star")
	if got := layOut(t, read("ugly.star")); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := layOut(t, want); got != want {
		t.Errorf("a second time:\n%s", got)
	}
}

func TestOddTexts(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"", ""},
		{"\n\n\n", ""},
		{"# only", "# only\n"},
		{"\ufeffx=1\r\ny=2", "x = 1\ny = 2\n"},
		{"x='\"'", "x = '\"'\n"},
		{"x=r'\\d'+b'a'+rb'b'", "x = r'\\d' + b\"a\" + rb\"b\"\n"},
		{"x=-1 - -1+not_+(not y)", "x = -1 - -1 + not_ + (not y)\n"},
		{"f(*a,**k)\ng(a*b,-c)", "f(*a, **k)\ng(a * b, -c)\n"},
		{"x=a[1:2],a[:],a[::2],{1:2},[lambda x:x]", "x = a[1:2], a[:], a[::2], {1: 2}, [lambda x: x]\n"},
		{"if x:y;z\nw", "if x:\n    y\n    z\nw\n"},
		{"def f():pass\ndef g():pass", "def f():\n    pass\n\ndef g():\n    pass\n"},
		{"def f():\n\tif x:\n\t\ty\n\telse:\n\t\tz", "def f():\n    if x:\n        y\n    else:\n        z\n"},
		{"x = '''a\n   b\n'''", "x = '''a\n   b\n'''\n"},
		{"x = [ # first\n1, # one\n# alone\n]", "x = [  # first\n    1,  # one\n    # alone\n]\n"},
	} {
		if got := layOut(t, tc.text); got != tc.want {
			t.Errorf("%q: got %q, want %q", tc.text, got, tc.want)
		}
	}
}

func TestWhatDoesNotParse(t *testing.T) {
	_, err := format.Source(interp.Source{Path: "x.star", Text: []byte("x = = 1")})
	if err == nil || !strings.Contains(err.Error(), "x.star:1:5: got '=', want primary expression") {
		t.Error(err)
	}
	if _, err = format.Source(interp.Source{Path: "x.star", Text: []byte("x #\x00\n=")}); err == nil {
		t.Error("a null character was taken")
	}
}

// FuzzSource: what parses is laid out, means the same, and stays as it is then.
func FuzzSource(f *testing.F) {
	for _, name := range []string{"ugly.star", "ugly.want.star"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := starlark.Parse(interp.Source{Path: "x.star", Text: []byte(text)}); err != nil || strings.Contains(text, "\x00") {
			return
		}
		once := layOut(t, text)
		if twice := layOut(t, once); twice != once {
			t.Errorf("once\n%s\ntwice\n%s", once, twice)
		}
	})
}
