package template_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// TestInheritance has what Jinja2 3.1 gives for the same files.
func TestInheritance(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"base":     "<{% block head %}base head{% endblock %}|{% block body %}{% endblock body %}|{{ self.head() }}>",
		"child":    "{% extends 'base' %}dropped{% set title = 'T' %}{% block body %}{{ title }} {{ name }}{% endblock %}",
		"grand":    "{% extends 'child' %}{% block head %}g+{{ super() }}{% endblock %}{% block body %}[{{ super() }}]{% endblock %}",
		"before":   "kept {% extends 'base' %}{% block head %}h{% endblock %}",
		"loop":     "{% for i in [1, 2] %}{% block item scoped %}{{ i }}{% endblock %}{% endfor %}",
		"loopkid":  "{% extends 'loop' %}{% block item %}({{ super() }}){% endblock %}",
		"unscoped": "{% for i in [1] %}{% block item %}{{ i }}{% endblock %}{% endfor %}",
		"needs":    "{% block x required %}{% endblock %}",
		"gives":    "{% extends 'needs' %}{% block x %}given{% endblock %}",
		"lib":      "text{% macro m(a) %}<{{ a }}>{% endmacro %}{% macro n() %}{{ m('n') }}{% endmacro %}{% set v = 7 %}{% set _p = 1 %}",
		"ctx":      "{% macro who() %}{{ name }}{% endmacro %}",
		"import":   "{% import 'lib' as l %}{{ l.m(1) }}{{ l.n() }}{{ l.v }}",
		"from":     "{% from 'lib' import m, v as w %}{{ m(2) }}{{ w }}",
		"with":     "{% from 'ctx' import who with context %}{{ who() }}",
		"without":  "{% import 'ctx' as c %}{{ c.who() }}",
		"private":  "{% import 'lib' as l %}{{ l._p }}",
		"absent":   "{% from 'lib' import zz %}{{ zz }}",
		"nested":   "{% extends 'base' %}{% block body %}{% include 'grand' %}{% endblock %}",
		"chosen":   "{% extends 'ba' ~ 'se' %}{% block head %}{% if true %}yes{% endif %}{% endblock %}",
		"inkid":    "{% extends 'base' %}{% import 'lib' as l %}{% block body %}{{ l.m('b') }}{% endblock %}",
		"round":    "{% extends 'round' %}",
		"twice":    "{% block a %}{% endblock %}{% block a %}{% endblock %}",
		"two":      "{% extends 'base' %}{% extends 'base' %}",
		"top":      "{% block a %}{{ super() }}{% endblock %}",
		"gone":     "{% extends 'nowhere' %}",
		"deep":     "{% extends 'base' %}{% block head %}\n\n{{ missing }}{% endblock %}",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"base": "<base head||base head>", "child": "<base head|T web1|base head>",
		"grand": "<g+base head|[T web1]|g+base head>", "before": "kept <h||h>",
		"loop": "12", "loopkid": "(1)(2)", "gives": "given",
		"import": "<1><n>7", "from": "<2>7", "with": "web1",
		"nested": "<base head|<g+base head|[T web1]|g+base head>|base head>", "chosen": "<yes||yes>", "inkid": "<base head|<b>|base head>",
	} {
		if v, err := call("render_file", filepath.Join(dir, name), vars()...); err != nil || v != want {
			t.Errorf("%s: %q, %v; want %q", name, v, err, want)
		}
	}
	for name, want := range map[string]string{
		"unscoped": "is undefined", "needs": "must be defined", "without": "is undefined", "private": "is undefined",
		"absent": "does not define it", "round": "extend each other", "twice": "defined twice", "two": "can extend one",
		"top": "no template that is extended", "gone": "nowhere", "deep": "deep: line 3",
	} {
		_, err := call("render_file", filepath.Join(dir, name), vars()...)
		var e *value.Error
		if !errors.As(err, &e) || !strings.Contains(e.Message, want) {
			t.Errorf("%s: %v; want %q", name, err, want)
		}
	}
	for _, text := range []string{"{% extends 'x' %}", "{% import 'x' as y %}", "{% from 'x' import %}", "{% block %}", "{% block a %}"} {
		if _, err := call("render", text); !errors.Is(err, value.KindParse) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if v, err := call("render", "{% block a %}x{% endblock %}"); err != nil || v != "x" {
		t.Errorf("%q, %v", v, err)
	}
}
