package repl

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/lua"
	"github.com/mitoscript/mitoscript/interp/starlark"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// typed is an Input of lines that are known before; several in one are pasted.
type typed struct {
	lines   []string
	prompts []string
}

func (t *typed) ReadLine(prompt string) (string, error) {
	t.prompts = append(t.prompts, prompt)
	if len(t.lines) == 0 {
		return "", io.EOF
	}
	line := t.lines[0]
	t.lines = t.lines[1:]
	if line == "^C" {
		return "", ErrInterrupt
	}
	return line, nil
}

func (t *typed) Remember(string) {}
func (t *typed) Width() int      { return 60 }

func newSession(t *testing.T, lang string, lines ...string) (*Session, *typed, *bytes.Buffer) {
	t.Helper()
	h := &interp.Host{Modules: []*interp.Module{{
		Name: "os", Doc: "The machine.",
		Funcs: []*interp.Func{{
			Name: "run", Doc: "Runs a program.",
			Params: []interp.Param{{Name: "cmd", Doc: "What.", Required: true}, {Name: "timeout", Doc: "Seconds.", KeywordOnly: true}},
			Impl:   func(context.Context, *interp.Args) (value.Value, error) { return "ran", nil },
		}},
	}}}
	interp.Seal(h.Modules)
	var out bytes.Buffer
	h.Stdout = &out
	h.Languages = []interp.Language{starlark.Language(), lua.Language()}
	r := mitogen.NewRouter(mitogen.Options{Name: "master"})
	t.Cleanup(func() { r.Broker().Shutdown() })
	in := &typed{lines: lines}
	s, err := New(Options{Host: h, Router: r, Lang: lang, Input: in, Out: &out, Err: &out})
	if err != nil {
		t.Fatal(err)
	}
	return s, in, &out
}

func TestSessions(t *testing.T) {
	for _, tt := range []struct {
		name, lang string
		lines      []string
		want       string
	}{
		{"values and names live on", "starlark", []string{"x = 3", "x + 1", "_ * 2", "None", "_"}, "4\n8\n8\n"},
		{"lua: values and names live on", "lua", []string{"x = 3", "x + 1", "_ * 2", "nil", "_"}, "4\n8\n8\n"},
		{"a block ends with an empty line", "starlark", []string{"def f(a):", "    return a", "", "f(2)"}, "2\n"},
		{"lua: a block ends with its end", "lua", []string{"function f(a)", "", "return a", "end", "f(2)"}, "2\n"},
		{"brackets and texts run over lines", "starlark", []string{"[1,", "", "2]", `"""a`, `b"""`}, "[1, 2]\n\"a\\nb\"\n"},
		{"lua: brackets and texts run over lines", "lua", []string{"{1,", "", "2}", "[[a", "b]]"}, "{1, 2}\n\"a\\nb\"\n"},
		{"a paste may have empty lines in blocks", "starlark", []string{"def f():\n    x = 1\n\n    return x\n\ny = f()", "y"}, "1\n"},
		{"Ctrl-C drops what was typed", "starlark", []string{"def f():", "^C", "1"}, "1\n"},
		{"errors are told and the session lives on", "starlark", []string{"nope", "1 +* 2", "1 // 0", "7"},
			"<star:1>:1:1: undefined: nope\n<star:2>:1:4: got '*', want primary expression\n" +
				"Traceback (most recent call last):\n  <star:3>:1: in <toplevel>\nScriptError: floored division by zero\n7\n"},
		{"each language keeps its names", "starlark", []string{"x = 1", ":lang lua", "x", "x = 2", ":lang star", "x"}, "1\n"},
		{"the end of the input runs what was typed", "starlark", []string{"def f():", "  print(5)", "", "f()"}, "5\n"},
		{"unknown commands", "lua", []string{":nope", ":lang", ":lang perl"},
			"ValueError: there is no command :nope (:help lists them)\nValueError: :lang wants star|lua\nError: unknown language \"perl\"\n"},
		{"help of a function", "starlark", []string{"?os.run", "?os", "?nope"},
			"os.run(cmd, *, timeout=None)\n  Runs a program.\n  cmd          What.\n  timeout      Seconds.\nos: module\n  The machine.\n  has run\n" +
				"ScriptError: nothing here is called nope\n"},
		{"help of a script's function", "lua", []string{"function g(a, b) end", "?g"}, "g(a, b)\n  <lua:1>:1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _, out := newSession(t, tt.lang, tt.lines...)
			if err := s.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestPromptsTellOfMoreLines(t *testing.T) {
	s, in, _ := newSession(t, "starlark", "if True:", "    1", "", ":lang lua", "do", "end")
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{">>> ", "... ", "... ", ">>> ", "lua> ", ".... ", "lua> "}
	if !slices.Equal(in.prompts, want) {
		t.Errorf("got %q", in.prompts)
	}
}

func TestInterruptCancelsThePieceThatRuns(t *testing.T) {
	for lang, loop := range map[string]string{"starlark": "while True:\n    pass\n", "lua": "while true do end"} {
		t.Run(lang, func(t *testing.T) {
			s, _, out := newSession(t, lang, loop, "1")
			ended := make(chan error)
			go func() { ended <- s.Run(t.Context()) }()
			for !s.Interrupt() {
				select {
				case <-ended:
					t.Fatalf("it ended by itself: %s", out)
				default:
				}
			}
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if got := out.String(); !strings.Contains(got, "CancelledError: interrupted\n1\n") {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestCompletion(t *testing.T) {
	for _, tt := range []struct {
		lang, line string
		want       []string // what is added
	}{
		{"starlark", "os.r", []string{"un"}},
		{"starlark", "print(os.", []string{"run"}},
		{"starlark", "os.run(t", []string{"imeout=", "uple", "ype"}},
		{"starlark", `os.run(["a", f(1)], ti`, []string{"meout="}},
		{"starlark", "wor", []string{"kers"}},
		{"starlark", "helper(al", []string{"l", "pha="}},
		{"starlark", `"a".upp`, nil},
		{"starlark", ":l", []string{"ang", "oad"}},
		{"starlark", ":lang l", []string{"ua"}},
		{"starlark", "?os.r", []string{"un"}},
		{"starlark", `os.run("repl_te`, []string{"st.go"}},
		{"lua", "os.ru", []string{"n"}},
		{"lua", "wor", []string{"kers"}},
		{"lua", "workers.fi", []string{"rst"}},
		{"lua", "os.run{ti", []string{"meout="}},
		{"lua", "helper(al", []string{"pha="}},
		{"lua", "nope.x", nil},
	} {
		t.Run(tt.lang+" "+tt.line, func(t *testing.T) {
			define := []string{"workers = [1]", "def helper(alpha):\n    pass\n"}
			if tt.lang == "lua" {
				define = []string{"workers = {first = 1}", "function helper(alpha) end"}
			}
			s, _, out := newSession(t, tt.lang, define...)
			if err := s.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			got, _ := s.Complete(tt.line)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q (%s)", got, tt.want, out)
			}
		})
	}
}

func TestPaste(t *testing.T) {
	for _, tt := range []struct {
		name, in, out, kept string
	}{
		{"typed", "abc\r", "abc\r", ""},
		{"keys with ESC", "a\x1b[Ab\x1b", "a\x1b[Ab\x1b", ""},
		{"one line", "x\x1b[200~a\tb\x1b[201~y", "xa    by", ""},
		{"lines", "x\x1b[200~a\rb\r\n\tc\x1b[201~y", "x\ry", "a\nb\n\tc"},
		{"two pastes", "\x1b[200~a\n\x1b[201~\x1b[200~b\n\x1b[201~", "\r\r", "a\nb\n"},
	} {
		for size := range 8 {
			size++
			r := newPasteReader(io.NopCloser(&slow{strings.NewReader(tt.in), size, []string{"\x1b"}}))
			got, err := io.ReadAll(r)
			if err != nil || string(got) != tt.out || r.take() != tt.kept {
				t.Errorf("%s, %d bytes at a time: got %q, %v", tt.name, size, got, err)
			}
		}
	}
}

// slow reads a few bytes at a time, but never an ESC alone: terminals send the
// bytes of a key at once.
type slow struct {
	r     *strings.Reader
	size  int
	alone []string
}

func (s *slow) Read(p []byte) (int, error) {
	n, err := s.r.Read(p[:min(len(p), s.size)])
	if n > 0 && p[n-1] == 0x1b && s.r.Len() > 0 {
		more, _ := s.r.Read(p[n : n+1])
		n += more
	}
	return n, err
}

func TestShow(t *testing.T) {
	many := make(value.List, 150)
	for i := range many {
		many[i] = int64(i)
	}
	row := func(name string, n int64) value.Value {
		return &value.Struct{Fields: []value.Field{{Name: "name", Value: name}, {Name: "n", Value: n}}}
	}
	d := value.NewDict(0)
	for _, k := range []string{"first", "second name"} {
		_ = d.Set(k, value.List{strings.Repeat(k, 5)})
	}
	for _, tt := range []struct {
		name string
		v    value.Value
		lua  bool
		want string
	}{
		{"short", value.List{int64(1), nil, true, "a"}, false, `[1, None, True, "a"]`},
		{"lua", value.List{int64(1), true, "a"}, true, `{1, true, "a"}`},
		{"wide", d, false, "{\n  \"first\": [\"firstfirstfirstfirstfirst\"],\n  \"second name\": [\n" +
			"    \"second namesecond namesecond namesecond namesecond name\",\n  ],\n}"},
		{"lua dict", func() value.Value { d := value.NewDict(0); _ = d.Set("a b", int64(1)); _ = d.Set("c", nil); return d }(), true, `{["a b"] = 1, c = nil}`},
		{"table", value.List{row("web1", 1), row("database", 22)}, false, "name      n\nweb1      1\ndatabase  22"},
		{"rows that differ", value.List{row("web1", 1), int64(2)}, false, `[struct(name = "web1", n = 1), 2]`},
		{"long text", strings.Repeat("é", 5000), false, `"` + strings.Repeat("é", 4000) + `"… (5000 characters)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (printer{lua: tt.lua, width: 60}).show(tt.v); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
	long := (printer{width: 60}).show(many)
	if !strings.Contains(long, "99,\n  … 50 more\n]") || strings.Count(long, "\n") > 12 {
		t.Errorf("a long list:\n%s", long)
	}
}
