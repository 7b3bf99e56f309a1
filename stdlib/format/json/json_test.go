package json_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
)

func TestRoundTrip(t *testing.T) {
	for _, text := range []string{
		`null`, `true`, `-12`, `123456789012345678901234567890`, `1.0`, `0.1`, `1e+22`, `1e-07`, `"a\"\\\n\u0001é😀"`,
		`[]`, `{}`, `[1,[2,{"b":1,"a":null}]]`,
	} {
		v, err := json.Decode(" " + text + "\n")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := json.Encode(v, format.Options{}); got != text || err != nil {
			t.Errorf("%s became %s, %v", text, got, err)
		}
	}
}

func TestEncode(t *testing.T) {
	d := &value.Dict{}
	d.Append("b", value.Tuple{int64(1)})
	d.Append(int64(1), &value.Struct{Fields: []value.Field{{Name: "x", Value: nil}}})
	got, err := json.Encode(d, format.Options{Indent: "  ", SortKeys: true})
	want := "{\n  \"1\": {\n    \"x\": null\n  },\n  \"b\": [\n    1\n  ]\n}"
	if got != want || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	bad := &value.Dict{}
	bad.Append("a", value.List{nil, value.Bytes("x")})
	if _, err := json.Encode(bad, format.Options{}); !errors.Is(err, value.KindValue) || !strings.Contains(err.Error(), `value["a"][1]`) {
		t.Errorf("got %v", err)
	}
}

func TestDecodeErrors(t *testing.T) {
	for text, place := range map[string]string{
		"":                        "line 1, column 1:",
		"{\n\"a\" 1}":             "line 2, column 5:",
		"[1,]":                    "line 1, column 4:",
		"[1 2]":                   "line 1, column 4:",
		"01":                      "not a number",
		`"a`:                      "inside quotes",
		`"\x"`:                    "unknown escape",
		"1 1":                     "after the value",
		"nul":                     "want a value",
		"1e999":                   "out of range",
		"\"a\nb\"":                "control character",
		strings.Repeat("[", 2000): "deeper",
	} {
		_, err := json.Decode(text)
		if !errors.Is(err, value.KindParse) || !strings.Contains(err.Error(), place) {
			t.Errorf("%.20q: %v, want %s", text, err, place)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"a":[1,2.5,"\ud83d\ude00"]}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := json.Decode(text)
		if err != nil {
			return
		}
		again, err := json.Encode(v, format.Options{})
		if err != nil {
			return // text that is not UTF-8
		}
		if w, err := json.Decode(again); err != nil || !reflect.DeepEqual(dump(v), dump(w)) {
			t.Errorf("%q became %q: %v", text, again, err)
		}
	})
}

func dump(v value.Value) string { s, _ := json.Encode(v, format.Options{}); return s }
