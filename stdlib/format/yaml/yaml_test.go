package yaml_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
	"github.com/mitoscript/mitoscript/stdlib/format/yaml"
)

func TestDecode(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   `null`,
		"b: 1\na: [no, yes, on, 2024-02-09]": `{"b":1,"a":["no","yes","on","2024-02-09"]}`,
		"[010, 0o10, 0x1F, 1_000, +5, -5, 1e3, 1., .5, 12e03]": `[10,8,31,"1_000",5,-5,1000.0,1.0,0.5,12000.0]`,
		"[~, null, '', \"5\", !!str 5, True]":                  `[null,null,"","5","5",true]`,
		"123456789012345678901234567890":                       `123456789012345678901234567890`,
		"a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3":             `{"a":{"k":1,"l":2},"b":{"k":3,"l":2}}`,
		"|\n  a\n  b\n":                   `"a\nb\n"`,
		"1: x\ntrue: y":                   `{"1":"x","true":"y"}`,
		"# first\n%YAML 1.2\n---\na: 1":   `{"a":1}`,
		"---\na: |-\n  x\nb: '%YAML 1.2'": `{"a":"x","b":"%YAML 1.2"}`,
	} {
		v, err := yaml.Decode(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got, _ := json.Encode(v, format.Options{}); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	d := &value.Dict{}
	for _, s := range []string{"no", "1", "", "~", "a: b", "x\ny", "- a", "1_0", "2024-02-09", " lead", "é", "#c", "null", "0x1"} {
		d.Append(s, value.Tuple{s, 1.0, nil, true, value.Bytes("\xff")})
	}
	text, err := yaml.Encode(d, format.Options{})
	if err != nil {
		t.Fatal(err)
	}
	back, err := yaml.Decode(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	for i, it := range back.(*value.Dict).Items() {
		want := d.Items()[i].Key
		list := it.Value.(value.List)
		if it.Key != want || list[0] != want || list[1] != 1.0 || list[4] != value.Bytes("\xff") {
			t.Errorf("%q became %v", want, it)
		}
	}
}

func TestErrors(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'j'; c++ {
		p := "*" + string(c-1) + ","
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat(p, 10) + "]\n"
	}
	for text, want := range map[string]string{
		"a: [1":          "line",
		"a: 1\na: 2":     "line 2, column 1: the key a a second time",
		"!foo x":         "unknown tag",
		"a: &a [*a]":     "",
		bomb:             "aliases",
		"--- 1\n--- 2\n": "2 documents",
		"!!int x":        "no !!int",
	} {
		if _, err := yaml.Decode(text); !errors.Is(err, value.KindParse) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v", text, err)
		}
	}
}
