package starlark_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/interptest"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func newTree(files map[string]string) *interptest.World {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	lang := language()
	lang.Files = fsys
	return interptest.NewWorld(lang)
}

// record runs text as the master's main script and returns what it recorded.
func record(t *testing.T, w *interptest.World, text string) string {
	t.Helper()
	if _, err := w.Master.Run(t.Context(), interp.Source{Path: "x.star", Text: []byte(text)}); err != nil {
		t.Fatal(value.AsError(err).Report())
	}
	return strings.Join(w.Recorded(), "; ")
}

// TestSlices ships functions that are written in unusual ways: their text is cut
// out of the script and must mean the same alone.
func TestSlices(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"one line", "def f(): return 1; return 2\nt.record(t.remote(f))", "1"},
		{"index at the end", "x = [1, 2]\ndef f():\n    return x[0]\nt.record(t.remote(f))", "1"},
		{"slice at the end", "x = [1, 2]\nt.record(t.remote(lambda: x[1:]))", "[2]"},
		{"index of lambda", "x = [1, 2]\nt.record(t.remote(lambda: not x[0]), t.remote(lambda: x[0] if x else x[1]))", "false 1"},
		{"empty tuple", "t.record(t.remote(lambda: ()), t.remote(lambda: (1,)))", "() (1)"},
		{"bracket on its own line", "x = [1]\ndef f():\n    return x[\n        0\n    ]\nt.record(t.remote(f))", "1"},
		{"lambda over lines", "t.record(t.remote(lambda: [\n  1,\n2][1\n]))", "2"},
		{"lambda in a call", "t.record(t.remote((lambda a, b: a +\n  b), 1, 2))", "3"},
		{"lambda at the left", "lambda: 0\nf = [\nlambda: 7]\nt.record(t.remote(f[0]))", "7"},
		{"not ASCII", "ä = ['ö', lambda: 'ü']; t.record(t.remote(ä[1]))", `"ü"`},
		{"tabs", "def make():\n\tif True:\n\t\tdef f(x):\n\t\t\tif x:\n\t\t\t\treturn 'tab'\n\t\treturn f\nt.record(t.remote(make(), 1))", `"tab"`},
		{"long text", "def f():\n    return \"\"\"a\n  b]\"\"\"\nt.record(t.remote(f))", `"a\n  b]"`},
		{"comments", "def f():\n# left\n    return 1 # right\n        # deep\nt.record(t.remote(f))", "1"},
		{"carriage returns", "def f():\r\n    return 'a'\r\nt.record(t.remote(f))\r\n", `"a"`},
		{"lambda in lambda", "t.record(t.remote(lambda x: (lambda y: x + y)(2), 1))", "3"},
		{"captured lambda in lambda", "f = (lambda x: lambda y: x + y)(5)\nt.record(t.remote(f, 1))", "6"},
		{"in a comprehension", "fs = [lambda: x for x in [1, 2]]\nt.record(t.remote(fs[0]))", "2"},
		{"at the end of the file", "t.record(t.remote((lambda: f)())) if False else None\ndef f(): return 1\nt.record(t.remote(f))", "1"},
		{"while and recursion", "def f(n):\n    while n > 3:\n        n -= 1\n    return n if n == 0 else f(n - 1)\nt.record(t.remote(f, 9))", "0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := record(t, newTree(nil), tt.text); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestShip(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"defaults", "n = 1\ndef f(a, b=[n], *rest, c=n, **kw): return [a, b, rest, c, kw]\nn = 2\nt.record(t.remote(f, 0), t.remote(f, 0, 1, 2, c=3, d=4))",
			`[0, [1], (), 1, {}] [0, 1, (2), 3, {"d": 4}]`},
		{"defaults of a lambda", "f = lambda a, *, b=2, c: (a, b, c)\nt.record(t.remote(f, 1, c=3))", "(1, 2, 3)"},
		{"default holds the function", "d = []\ndef f(x, d=d): return d[0](0) if x else 5\nd.append(f)\nt.record(t.remote(f, 1))", "5"},
		{"own name is another", "def f(): return 1\nold = f\ndef g():\n    def f(): return old() + 1\n    return f\ndef f(): return 10\nt.record(t.remote(old), t.remote(g()))", "1 2"},
		{"wrapped under its own name", "def wrap(fn): return lambda n: 'wrapped ' + str(fn(n))\ndef f(n): return n if n == 0 else f(n - 1)\nf = wrap(f)\nt.record(t.remote(f, 1))",
			`"wrapped wrapped 0"`},
		{"renamed keeps its name", "def f(n): return f\ninner = f\nf = 'other'\nt.record(t.remote(inner, 1), t.remote(lambda: str(inner)))", `"other" "<function $f>"`},
		{"shadows a builtin", "def hash(x): return 'mine'\ndef g(): return hash(1)\nlen = 3\nt.record(t.remote(hash, 1), t.remote(g), t.remote(lambda: len))", `"mine" "mine" 3`},
		{"types", "d = {'b': b'x', 'i': 1 << 70, 'f': 0.5, 't': (1, [2]), 's': set([1]), 'n': None, 'st': struct(z=1, a=2), 'bl': t.sample('blob'), 'se': t.sample('secret')}\nt.record(t.remote(lambda: d) == d, t.remote(lambda: d['st']), t.remote(lambda: type(d['s'])))",
			`true struct(z=1, a=2) "set"`},
		{"identity in containers", "a = []\nb = (a, a)\nst = struct(a=a, b=b)\ndef f():\n    a.append(1)\n    return [len(st.a), len(b[0]), len(st.b[1])]\nt.record(t.remote(f))", "[1, 1, 1]"},
		{"set of functions", "s = set([len, str])\nt.record(t.remote(lambda: [f('abc') for f in s]))", `[3, "abc"]`},
		{"bound methods", "l = [1]\npush = l.append\ndef f():\n    push(2)\n    return l\nt.record(t.remote(f), t.remote(','.join, ['a', 'b']))", `[1, 2] "a,b"`},
		{"method of an object", "p = t.point(1, 2)\nadd = p.add\nt.record(t.remote(lambda: add(5)))", "7"},
		{"builtins under other names", "p, m = len, t\nt.record(t.remote(lambda: [p('ab'), m.process]), t.remote(len, 'abc'), t.remote(struct, a=1))", `[2, "web1"] 3 struct(a=1)`},
		{"attempt and fail", "def f():\n    r = attempt(fail, 'x')\n    return r\nr = t.remote(f)\nt.record(r.ok, r.error.message, r.or_else(3))", `false "x" 3`},
		{"captured outcome", "r = attempt(lambda: [1])\nt.record(t.remote(lambda: r.unwrap()))", "[1]"},
		{"range", "r = range(3)\nt.record(t.remote(lambda: [x for x in r]), t.echo(r))", "[0, 1, 2] [0, 1, 2]"},
		{"error value", "e = attempt(fail, 'x').error\nt.record(t.remote(lambda: e.message))", `"x"`},
		{"unused names stay", "secret = t.counter(1)\ndef f():\n    x = 1\n    return [secret for secret in [x]]\nt.record(t.remote(f))", "[1]"},
		{"traceback", "def f():\n    def g():\n        fail('x')\n    g()\n\ne = attempt(t.remote, f).error\nt.record(e.cause.traceback, e.traceback)",
			`["x.star:4: in f", "x.star:3: in g"] ["x.star:6: in <toplevel>"]`},
		{"state in several functions", "def a(): mitogen.state['x'] = [1]\ndef b():\n    mitogen.state['x'].append(2)\n    return mitogen.state['x']\nt.remote(a)\nt.remote(b)\nt.record(t.remote(b))", "[1, 2, 2]"},
		{"the library's data", "load('lib/m.star', 'TABLE', 'get', t2='table')\nt.record(t.remote(lambda: TABLE[0]), t.remote(get), t.remote(t2))", `1 5 [1]`},
		{"frozen stays frozen", "load('lib/m.star', 'TABLE')\nfree = [1]\ndef f():\n    free.append(2)\n    return [attempt(TABLE.append, 2).ok, free]\nt.record(t.remote(f))", "[false, [1, 2]]"},
		{"large frozen data", "load('lib/m.star', 'BIG')\nt.record(t.remote(lambda: [len(BIG), BIG['k7'], attempt(BIG.clear).ok]))", "[100, 7, false]"},
		{"twice nested", "def f(): return t.remote(lambda: t.remote(lambda: n + 1) + 1)\nn = 1\nt.record(t.remote(f))", "3"},
		{"mark of a library's function", "load('lib/m.star', 'get')\nt.mark(get)\nt.record(t.remote(lambda: t.describe(get)))", `"get lib/m:4 () marks 1"`},
		{"library from a child", "load('lib/m.star', 'get')\ndef f(): return t.remote(get)\nt.record(t.remote(f))", "5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newTree(map[string]string{"lib/m.star": "TABLE = [1]\nBIG = {'k%d' % i: i for i in range(100)}\n_n = 5\ndef get(): return _n\ndef table(): return TABLE\n"})
			if got := record(t, w, tt.text); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"global", "c = t.counter(1)\ndef f(): return c\n", "f → c: cannot send a Counter (x.star:1)"},
		{"through everything", "c = t.counter(1)\nA = {'x': [0, struct(y=(c,))]}\ndef g(): return A\ndef f(): return [g]\n", `f → g → A["x"][1].y[0]: cannot send a Counter (x.star:2)`},
		{"captured", "def make():\n    c = t.counter(1)\n    return lambda: c\nf = make()\n", "lambda → c: cannot send a Counter (x.star:2)"},
		{"default", "def f(a, b=t.counter(1)): return b\n", "f → b: cannot send a Counter (x.star:1)"},
		{"no value yet", "def f(): return later\nif False: later = 1\n", "f → later: it has no value yet (x.star:2)"},
		{"bound method", "f = t.counter(1).add if False else [t.counter(1)].append\n", "append[0]: cannot send a Counter"},
		{"elems", "e = 'abc'.elems()\nf = lambda: e\n", "lambda → e: cannot send a string.elems (x.star:1)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := record(t, newTree(nil), tt.text+"t.record(attempt(t.remote, f).error.message)")
			if got != fmt.Sprintf("%q", tt.want) {
				t.Errorf("\n got %s\nwant %q", got, tt.want)
			}
		})
	}
}

// TestPortCache calls the same function often while what it refers to changes.
func TestPortCache(t *testing.T) {
	const text = `
n = 1
table = (1, 2)
def g(): return n
def f(): return [g(), len(table)]
t.record(t.remote(f), t.remote(f))
n = 2
t.record(t.remote(f))
table = (1, 2, 3)
t.record(t.remote(f))
g = lambda: 7
t.record(t.remote(f))
t.record(t.describe(t.mark(f)), t.remote(lambda: t.describe(f)))

def outer():
    x = 1
    def inner(): return x
    a = t.remote(inner)
    x = 2
    return [a, t.remote(inner)]
t.record(outer())
`
	want := `[1, 2] [1, 2]; [2, 2]; [2, 3]; [7, 3]; "f x:5 () marks 1" "f x:5 () marks 1"; [1, 2]`
	if got := record(t, newTree(nil), text); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestStableRoot holds that equal functions have equal roots, whichever process
// they come from.
func TestStableRoot(t *testing.T) {
	root := func() value.Hash {
		w := newTree(nil)
		s, err := w.Master.Run(t.Context(), interp.Source{Path: "x.star", Text: []byte("d = {'b': 1, 'a': [2]}\ndef g(x=d): return d\ndef f(): return g()\n")})
		if err != nil {
			t.Fatal(err)
		}
		fn, _ := s.Global("f")
		w.Master.Host.Lock.Lock()
		defer w.Master.Host.Lock.Unlock()
		v, err := fn.Port()
		if err != nil {
			t.Fatal(err)
		}
		return v.(*value.Func).Root
	}
	if a, b := root(), root(); a != b {
		t.Error("the roots differ")
	}
}

// TestFrozenDataIsHashedOnce: however large what cannot change is, a call beside
// data that can change walks the latter alone.
func TestFrozenDataIsHashedOnce(t *testing.T) {
	w := newTree(map[string]string{"lib/data.star": "DATA = [[i, 'x' * 80] for i in range(10000)]\nD = {'part': DATA[0], 'all': DATA}\n"})
	s, err := w.Master.Run(t.Context(), interp.Source{Path: "x.star", Text: []byte(
		"load('lib/data.star', 'D', 'DATA')\nlog = []\ndef f():\n    log.append(len(DATA))\n    return [log, D['part'], D['all'][9999][0], 0]\n" +
			"for i in range(2): t.record(len(t.remote(f)))\nlog.append(DATA[1])\nt.record(t.remote(f)[0][0][0])")})
	if err != nil {
		t.Fatal(value.AsError(err).Report())
	}
	if got := strings.Join(w.Recorded(), "; "); got != "4; 4; 1" {
		t.Error(got)
	}
	fn, _ := s.Global("f")
	w.Master.Host.Lock.Lock()
	defer w.Master.Host.Lock.Unlock()
	allocs := testing.AllocsPerRun(10, func() {
		if _, err := fn.Port(); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 1000 {
		t.Errorf("a repeated capture takes %v pieces of memory", allocs)
	}
}
