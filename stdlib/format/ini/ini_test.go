package ini_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
	"github.com/mitoscript/mitoscript/stdlib/format/ini"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
)

func TestDecode(t *testing.T) {
	v, err := ini.Decode("# c\n[DEFAULT]\nUser = me\n\n[web1]\nport: 22\ntext = a\n  b\n\n  c\n; c\nurl = http://x/?a=b\nempty =\n")
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Encode(v, format.Options{})
	want := `{"DEFAULT":{"user":"me"},"web1":{"port":"22","text":"a\nb\n\nc","url":"http://x/?a=b","empty":"","user":"me"}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	text, err := ini.Encode(v, format.Options{})
	if want := "[DEFAULT]\nuser = me\n\n[web1]\nport = 22\ntext = a\n\tb\n\t\n\tc\nurl = http://x/?a=b\nempty =\n\n"; text != want || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"a = 1":         "line 1: an option before",
		"[a]\nb":        "line 2: want",
		"[a":            "without",
		"[a]\n[a]":      "second time",
		"[a]\nx=1\nX=2": "second time",
	} {
		if _, err := ini.Decode(text); !errors.Is(err, value.KindParse) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("[a]\nb = c\n d\n")
	f.Fuzz(func(t *testing.T, text string) { _, _ = ini.Decode(text) })
}
