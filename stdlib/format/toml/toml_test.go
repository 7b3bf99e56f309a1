package toml_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
	"github.com/mitoscript/mitoscript/stdlib/format/toml"
)

func TestRoundTrip(t *testing.T) {
	text := `title = "a\"b"
z = [1, 2.0, true]
"odd key" = -5
when = 2024-02-09T15:04:05Z

[b]
x = 1

[b.c]
y = [[1], ["a"]]

[[list]]
name = "web1"

[[list]]
name = "db1"

[list.sub]
k = 1
`
	v, err := toml.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := toml.Encode(v, format.Options{}); got != text || err != nil {
		t.Errorf("got\n%s%v", got, err)
	}
}

func TestErrors(t *testing.T) {
	if _, err := toml.Decode("a = 1\nb = = 2\n"); !errors.Is(err, value.KindParse) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v", err)
	}
	for text, want := range map[string]string{
		"a = ":           "line 1, column 4",
		"a = 1\nb = 'x":  "line 2, column 6",
		"[a\nb = 1\n":    "line 1, column 3",
		"a = 1\na = 2\n": "line 2, column 1",
	} {
		if _, err := toml.Decode(text); err == nil || !strings.Contains(err.Error(), want+":") {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	bad := &value.Dict{}
	bad.Append("a", value.List{value.Bytes("x")})
	if _, err := toml.Encode(bad, format.Options{}); !errors.Is(err, value.KindValue) || !strings.Contains(err.Error(), `["a"][0]`) {
		t.Errorf("got %v", err)
	}
	if _, err := toml.Encode(value.List{}, format.Options{}); !errors.Is(err, value.KindValue) {
		t.Errorf("got %v", err)
	}
}
