package starlark_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/starlark"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// fsLoader finds modules below the root of a file system.
type fsLoader struct{ fsys fs.FS }

func (l fsLoader) Find(_ context.Context, importer, name, ext string) (interp.Source, error) {
	text, err := fs.ReadFile(l.fsys, path.Clean(name))
	if err != nil {
		return interp.Source{}, value.Errorf(value.KindError, "%s: %w", name, err)
	}
	return interp.Source{Path: path.Clean(name), Text: text}, nil
}

// world is one process's scripts, as tests see them.
type world struct {
	*interp.Host
	in  *starlark.Interp
	out bytes.Buffer
}

func newWorld(t *testing.T, files map[string]string, modules ...*interp.Module) *world {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	w := &world{Host: &interp.Host{Modules: modules, Loader: fsLoader{fsys}}}
	interp.Seal(modules)
	w.Stdout = &w.out
	w.in = starlark.New(w.Host)
	return w
}

func (w *world) run(ctx context.Context, text string) (s interp.Script, err error) {
	w.Lock.Do(func() { s, err = w.in.Run(ctx, interp.Source{Path: "x.star", Text: []byte(text)}) })
	return s, err
}

func TestPrint(t *testing.T) {
	w := newWorld(t, map[string]string{"lib/a.star": "def double(x): return 2 * x\n"})
	_, err := w.run(t.Context(), "load('lib/a.star', 'double')\nprint(double(21), struct(a=1))\n")
	if err != nil || w.out.String() != "42 struct(a = 1)\n" {
		t.Fatalf("out %q, err %v", w.out.String(), err)
	}
}

func TestScriptErrors(t *testing.T) {
	tests := []struct{ name, text, kind, message, trace string }{
		{"fail", "def f():\n    fail('no', 5)\nf()\n", "ScriptError", "no 5", "x.star:3: in <toplevel>|x.star:2: in f"},
		{"division", "x = 1\ny = x // 0\n", "ScriptError", "floored division by zero", "x.star:2: in <toplevel>"},
		{"unwrap keeps the first traceback", "def f(): fail('a')\nr = attempt(f)\n\nr.unwrap()\n", "ScriptError", "a", "x.star:2: in <toplevel>|x.star:1: in f"},
		{"library", "load('lib/bad.star', 'x')\n", "ScriptError", "cannot load lib/bad.star: broken", "x.star:1: in <toplevel>|lib/bad.star:2: in <toplevel>"},
		{"cycle", "load('lib/c1.star', 'x')\n", "Error", "load cycle: lib/c2.star → lib/c1.star → lib/c2.star", ""},
		{"no such module", "load('lib/none.star', 'x')\n", "Error", "cannot load lib/none.star: lib/none.star: ", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, map[string]string{
				"lib/bad.star": "x = 1\nfail('broken')\n",
				"lib/c1.star":  "load('lib/c2.star', y='x')\nx = 1\n",
				"lib/c2.star":  "load('lib/c1.star', y='x')\nx = 1\n",
			})
			_, err := w.run(t.Context(), tt.text)
			var e *value.Error
			if !errors.As(err, &e) {
				t.Fatalf("err %v (%T)", err, err)
			}
			var trace []string
			for _, f := range e.Traceback {
				trace = append(trace, f.String())
			}
			if string(e.Kind) != tt.kind || !strings.Contains(e.Message, tt.message) {
				t.Errorf("got %s: %s", e.Kind, e.Message)
			}
			if got := strings.Join(trace, "|"); tt.trace != "" && got != tt.trace {
				t.Errorf("traceback %s", got)
			}
		})
	}
}

func TestSyntaxError(t *testing.T) {
	w := newWorld(t, nil)
	for text, want := range map[string]string{
		"x = (\n":            "x.star:2:1: got end of file, want primary expression",
		"\nprint(nothing)\n": "x.star:2:7: undefined: nothing",
	} {
		_, err := w.run(t.Context(), text)
		var e *interp.SyntaxError
		if !errors.As(err, &e) || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
		if err := w.in.Check(interp.Source{Path: "x.star", Text: []byte(text)}); !errors.As(err, &e) {
			t.Errorf("Check(%q): %v", text, err)
		}
	}
}

func TestCalled(t *testing.T) {
	w := newWorld(t, nil, &interp.Module{Name: "mitogen", Funcs: []*interp.Func{{
		Name: "main", Params: []interp.Param{{Name: "fn", Required: true}},
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) { return a.Value("fn"), nil },
	}}})
	for text, want := range map[string]bool{
		"def main(): pass\n":                                  false,
		"def main(): pass\ndef g(): main()\n":                 false,
		"def main(): pass\nif True: main()\n":                 true,
		"def main(router): pass\nmitogen.main(main)\n":        true,
		"def main(router): pass\nm = mitogen.main(fn=main)\n": true,
	} {
		s, err := w.run(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Called("main"); got != want {
			t.Errorf("%q: %v", text, got)
		}
		if _, ok := s.Global("main"); !ok {
			t.Errorf("%q: no main", text)
		}
	}
}

func TestEval(t *testing.T) {
	w := newWorld(t, nil)
	steps := []struct {
		text string
		want value.Value
		expr bool
	}{
		{"x = 3", nil, false},
		{"def f(): return x + 1", nil, false},
		{"f()", int64(4), true},
		{"x = 10", nil, false},
		{"f()", int64(11), true},
		{"[x, 'a'][1]", "a", true},
		{"None", nil, true},
	}
	for _, s := range steps {
		w.Lock.Lock()
		v, isExpr, err := w.in.Eval(t.Context(), interp.Source{Path: "-c", Text: []byte(s.text)})
		w.Lock.Unlock()
		if err != nil || isExpr != s.expr || v != s.want {
			t.Errorf("%s: %v %v %v", s.text, v, isExpr, err)
		}
	}
}
