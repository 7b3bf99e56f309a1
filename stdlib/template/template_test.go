package template_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/template"
)

func call(name string, arg value.Value, vars ...value.Field) (value.Value, error) {
	for _, f := range template.Module().Funcs {
		if f.Name == name {
			return f.CallGo(context.Background(), []value.Value{arg}, vars)
		}
	}
	return nil, errors.New("no function " + name)
}

func dict(kv ...value.Value) *value.Dict {
	d := &value.Dict{}
	for i := 0; i < len(kv); i += 2 {
		d.Append(kv[i], kv[i+1])
	}
	return d
}

func vars() []value.Field {
	secret, _ := value.NewSecret("s3cret")
	host := func(name string, port int64) value.Value {
		return &value.Struct{Name: "host", Fields: []value.Field{{Name: "name", Value: name}, {Name: "port", Value: port}}}
	}
	return []value.Field{
		{Name: "name", Value: "web1"}, {Name: "n", Value: int64(7)}, {Name: "f", Value: 2.5}, {Name: "yes", Value: true}, {Name: "nothing", Value: nil},
		{Name: "items", Value: value.List{int64(3), int64(1), int64(2)}},
		{Name: "words", Value: value.List{"b", "A", "c", "a"}},
		{Name: "d", Value: dict("b", int64(2), "a", int64(1))},
		{Name: "hosts", Value: value.List{host("web1", 80), host("db1", 5432)}},
		{Name: "secret", Value: secret},
	}
}

func TestRender(t *testing.T) {
	for _, tc := range []struct{ src, want string }{
		{"", ""}, {"hello\n", "hello"}, {"a\n\n", "a\n"}, {"{{ name }}:{{ n }}", "web1:7"},
		{"{# no #}x{#- no -#} y", "xy"}, {"{% raw %}{{ x }}{% endraw %}", "{{ x }}"}, {"a {%- if yes -%} b {%- endif -%} c", "abc"},
		{"{{ '}}' }}{{ \"%}\" }}", "}}%}"}, {"{{ {'a': {'b': 1}} }}", "{'a': {'b': 1}}"},
		{"{{ 1 + 2 * 3 ** 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 4 / 2 }}", "19 3 -4 2 3.5 2.0"},
		{"{{ 2 ** 100 }}", "1267650600228229401496703205376"}, {"{{ -1 ** 2 }} {{ 2 ** -1 }}", "-1 0.5"},
		{"{{ 'a' ~ 1 ~ none }} {{ 'ab' * 2 }} {{ [1] + [2] }}", "a1None abab [1, 2]"},
		{"{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' in 'abc' }} {{ 4 not in items }} {{ 'a' in d }}", "True False True True True"},
		{"{{ 'y' if yes else 'n' }}{{ 'z' if not yes }}", "y"}, {"{{ none or 'x' }} {{ 0 and 1 }} {{ not not 1 }} {{ not 1 }}", "x 0 True False"},
		{"{{ name[0] }}{{ name[-1] }} {{ name[1:3] }} {{ items[::-1] }} {{ items[:2] }} {{ (1,)[0:1] }}", "w1 eb [2, 1, 3] [3, 1] (1,)"},
		{"{{ d.a }}{{ d['b'] }} {{ hosts[1].port }} {{ hosts.0.name }}", "12 5432 web1"},
		{"{% if n > 10 %}a{% elif n > 5 %}b{% else %}c{% endif %}", "b"},
		{"{% for i in items %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.first }}{{ loop.last }}{{ ',' if not loop.last }}{% endfor %}", "103TrueFalse,212FalseFalse,321FalseTrue"},
		{"{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}", "b=2;a=1;ba"},
		{"{% for i in [] %}x{% else %}none{% endfor %}", "none"}, {"{% for i in items if i > 1 %}{{ i }}/{{ loop.length }} {% endfor %}", "3/2 2/2 "},
		{"{% for i in range(3) %}{{ loop.cycle('a', 'b') }}{% endfor %}{% for i in [1,1,2] %}{{ loop.changed(i) }} {% endfor %}", "abaTrue False True "},
		{"{% set x = 1 %}{% for i in items %}{% set x = i %}{% endfor %}{{ x }}", "1"},
		{"{% set ns = namespace(t=0) %}{% for i in items %}{% set ns.t = ns.t + i %}{% endfor %}{{ ns.t }}", "6"},
		{"{% set x %}a{{ n }}{% endset %}{{ x }}{% set y | upper %}b{% endset %}{{ y }}{% set a, b = 1, 2 %}{{ b }}", "a7B2"},
		{"{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}", "3"}, {"{% filter upper %}x{{ name }}{% endfilter %}", "XWEB1"},
		{"{% macro m(a, b=2) %}{{ a }}{{ b }}{{ varargs }}{% endmacro %}{{ m(1) }} {{ m(1, b=3) }} {{ m(1, 2, 3) }}", "12() 13() 12(3,)"},
		{"{% macro m() %}[{{ caller('x') }}]{% endmacro %}{% call(v) m() %}{{ v }}y{% endcall %}", "[xy]"},
		{"{{ gone | default('x') }}{{ gone.a.b | default('y') }}{{ nothing | default('z', true) }}{{ d.gone | d(1) }}", "xyz1"},
		{"{{ gone is defined }} {{ name is defined }} {{ gone is undefined }} {{ d.x is not defined }}", "False True True True"},
		{"{{ name | upper }} {{ 'AB' | lower }} {{ 'hello big world' | title }} {{ '  x ' | trim }} {{ 'xax' | trim('x') }} {{ 'aBC' | capitalize }}", "WEB1 ab Hello Big World x a Abc"},
		{"{{ items | join(',') }} {{ hosts | join('+', attribute='name') }} {{ items | length }} {{ 'aXa' | replace('a', 'b') }}", "3,1,2 web1+db1 3 bXb"},
		{"{{ items | sort }} {{ words | sort }} {{ words | sort(reverse=true) }} {{ hosts | sort(attribute='port') | map(attribute='name') | list }}", "[1, 2, 3] ['A', 'a', 'b', 'c'] ['c', 'b', 'A', 'a'] ['web1', 'db1']"},
		{"{{ words | unique | list }} {{ items | first }} {{ items | last }} {{ items | min }} {{ items | max }} {{ items | sum }} {{ hosts | sum(attribute='port') }}", "['b', 'A', 'c'] 3 2 1 3 6 5512"},
		{"{{ '12' | int + 1 }} {{ 'x' | int }} {{ 'x' | int(5) }} {{ '0x1f' | int(base=16) }} {{ '1.5' | float }} {{ 3.7 | int }} {{ -3 | abs }}", "13 0 5 31 1.5 3 3"},
		{"{{ 2.567 | round(2) }} {{ 2.5 | round }} {{ 2.1 | round(method='ceil') }}", "2.57 2.0 3.0"},
		{"{{ [1, 2, 3, 4] | select('odd') | list }} {{ [0, 1, ''] | select | list }} {{ items | reject('gt', 1) | list }}", "[1, 3] [1] [1]"},
		{"{{ hosts | selectattr('port', 'eq', 80) | map(attribute='name') | join }} {{ hosts | rejectattr('port', '==', 80) | list | length }} {{ words | map('upper') | join }}", "web1 1 BACA"},
		{"{{ 'a\nb\n\nc' | indent(2) }}", "a\n  b\n\n  c"}, {"{{ '<a href=\"x\">' | e }}", "&lt;a href=&#34;x&#34;&gt;"},
		{"{{ d | tojson }} {{ [1, none, 'x'] | tojson }}", `{"b":2,"a":1} [1,null,"x"]`}, {"{{ d | dictsort }} {{ d | dictsort(by='value', reverse=true) }}", "[('a', 1), ('b', 2)] [('b', 2), ('a', 1)]"},
		{"{{ '%s-%03d-%.2f' | format('a', 5, 1.5) }} {{ '%s%%' % 5 }}", "a-005-1.50 5%"}, {"{{ 'one two, three' | wordcount }} {{ 'hello big world' | truncate(9, leeway=0) }}", "3 hello..."},
		{"{{ [1, 2, 3] | batch(2, 0) | list }} {{ [1, 2, 3] | slice(2) | list }} {{ 'abc' | reverse }}", "[[1, 2], [3, 0]] [[1, 2], [3]] cba"},
		{"{% for p, hs in hosts | groupby('port') %}{{ p }}:{{ hs | length }} {% endfor %}", "80:1 5432:1 "}, {"{{ 'a b/c' | urlencode }}", "a%20b/c"},
		{"{{ none is none }} {{ 4 is even }} {{ 3 is odd }} {{ 'x' is string }} {{ n is number }} {{ d is mapping }} {{ items is sequence }} {{ 1 is in items }} {{ 9 is divisibleby 3 }}", "True True True True True True True True True"},
		{"{{ name.upper() }} {{ 'a,b'.split(',') }} {{ name.startswith('web') }} {{ '-'.join(['a', 'b']) }} {{ d.get('x', 9) }} {{ d.keys() | sort }}", "WEB1 ['a', 'b'] True a-b 9 ['a', 'b']"},
		{"{{ range(5, 0, -2) | list }} {{ dict(a=1) }} {{ yes }} {{ nothing }} {{ f }} {{ 1e20 }}", "[5, 3, 1] {'a': 1} True None 2.5 1e+20"},
		{"{{ [\"it's\", 'a'] }}", `["it's", 'a']`}, {"{%- set x = 1 -%}\n\n a", "a"},
	} {
		if got, err := call("render", tc.src, vars()...); err != nil || got != tc.want {
			t.Errorf("%s\n got %q, %v\nwant %q", tc.src, got, err, tc.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		src  string
		kind value.Kind
		line int64
		want string
	}{
		{"a\n{{ gone }}", value.KindParse, 2, `"gone" is undefined`}, {"\n\n{{ d.x }}", value.KindParse, 3, `"x" is undefined`},
		{"{% if gone %}{% endif %}", value.KindParse, 1, `"gone"`}, {"{% for i in gone %}{% endfor %}", value.KindParse, 1, `"gone"`},
		{"{{ 1 +\n\n gone }}", value.KindParse, 3, `"gone"`}, {"{% macro m(a) %}{{ a }}{% endmacro %}\n{{ m() }}", value.KindParse, 1, `"a" is undefined`},
		{"{{ gone | upper }}", value.KindParse, 1, `"gone"`}, {"x\n{% if yes %}", value.KindParse, 2, "endif"}, {"{{ 1 + }}", value.KindParse, 1, "want an expression"},
		{"{{ a", value.KindParse, 1, "no end"}, {"{# a", value.KindParse, 1, "no end"}, {"{{ 'a }}", value.KindParse, 1, "no end"}, {"{% raw %}", value.KindParse, 1, "endraw"},
		{"\n{{ 1 | nope }}", value.KindParse, 2, "no filter nope"}, {"{{ 1 is nope }}", value.KindParse, 1, "no test nope"}, {"{% nope %}", value.KindParse, 1, "no tag"},
		{"{{ 1 / 0 }}", value.KindValue, 1, "division by zero"}, {"\n{{ 'a' - 1 }}", value.KindValue, 2, "does not work"}, {"{{ n() }}", value.KindValue, 1, "cannot be called"},
		{"{% include 'x' %}", value.KindParse, 1, "only a template from a file"}, {"{{ 'a' * 10 ** 12 }}", value.KindValue, 1, "too long"},
		{"{{ 2 ** 10 ** 9 }}", value.KindValue, 1, "too large"}, {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", value.KindValue, 1, "nested deeper"},
		{"{{ " + strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300) + " }}", value.KindParse, 1, "nested deeper"},
		{"{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", value.KindValue, 1, "steps"},
		{"{% set ns = namespace(x=[]) %}{% for i in range(64) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}", value.KindValue, 1, "too large"},
	} {
		_, err := call("render", tc.src, vars()...)
		e := value.AsError(err)
		if err == nil || e.Kind != tc.kind || !strings.Contains(e.Message, tc.want) {
			t.Errorf("%.80s: %v", tc.src, err)
			continue
		}
		attrs := (&value.Struct{Fields: e.Attrs})
		if l, _ := attrs.Get("line"); l != tc.line {
			t.Errorf("%.80s: line %v, want %d", tc.src, l, tc.line)
		}
	}
	_, err := call("render", "{{ gone }}")
	if name, _ := (&value.Struct{Fields: value.AsError(err).Attrs}).Get("name"); name != "gone" {
		t.Errorf("name = %v", name)
	}
}

func TestSecretStaysSecret(t *testing.T) {
	v, err := call("render", "password={{ secret }}", vars()...)
	if s, ok := v.(value.Secret); !ok || err != nil || s.Text() != "password=s3cret" {
		t.Errorf("%v, %v", v, err)
	}
}

func TestRenderFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.conf": "[{% include 'sub/b.conf' %}]{% include 'gone' ignore missing %}\n", "sub/b.conf": "{{ name }}{% include 'c.conf' %}",
		"sub/c.conf": "c", "bad.conf": "{% include 'sub/bad.conf' %}", "sub/bad.conf": "\n\n{{ gone }}", "self.conf": "{% include 'self.conf' %}",
	} {
		_ = os.MkdirAll(filepath.Join(dir, "sub"), 0o700)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := call("render_file", filepath.Join(dir, "a.conf"), vars()...); err != nil || v != "[web1c]" {
		t.Errorf("%q, %v", v, err)
	}
	if _, err := call("render_file", filepath.Join(dir, "bad.conf")); err == nil || !strings.Contains(err.Error(), "sub/bad.conf: line 3") {
		t.Errorf("%v", err)
	}
	if _, err := call("render_file", filepath.Join(dir, "self.conf")); err == nil || !strings.Contains(err.Error(), "nested deeper") {
		t.Errorf("%v", err)
	}
	if _, err := call("render_file", filepath.Join(dir, "none")); !errors.Is(err, value.KindOS) {
		t.Errorf("%v", err)
	}
}

func FuzzRender(f *testing.F) {
	for _, s := range []string{"{{ name | upper }}", "{% for a in items %}{{ a }}{% endfor %}", "{% macro m(a=1) %}{{ a }}{% endmacro %}{{ m() }}", "{% set a %}x{% endset %}{{ d | tojson }}", "{{ items[1:2] | map('abs') | list }}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 2000 {
			return
		}
		v, err := call("render", src, vars()...)
		if err != nil && v != nil {
			t.Errorf("both %v and %v", v, err)
		}
		var e *value.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%T: %v", err, err)
		}
	})
}
