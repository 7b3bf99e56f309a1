package scripttest

import (
	"context"
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/repl"
	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// KindAssertion is the kind of the error of an assertion that does not hold.
const KindAssertion = value.KindScript

// Module is the module testing. hosts makes n contexts for a test.
func Module(hosts func(ctx context.Context, n int) ([]value.Value, error)) *interp.Module {
	got := interp.Param{Name: "got", Doc: "The value that there is.", Required: true}
	want := interp.Param{Name: "want", Doc: "The value that there should be.", Required: true}
	message := interp.Param{Name: "message", Doc: "Said before what differs."}
	return &interp.Module{
		Name: "testing", Doc: "Assertions and hosts for tests.",
		Funcs: []*interp.Func{
			{Name: "eq", Doc: "Fails the test unless got equals want; shows how they differ.",
				Params: []interp.Param{got, want, message}, Impl: assertEqual, NoTarget: "it belongs to the test"},
			{Name: "ne", Doc: "Fails the test if got equals want.",
				Params: []interp.Param{got, want, message}, Impl: assertDiffer, NoTarget: "it belongs to the test"},
			{Name: "true", Doc: "Fails the test unless the condition holds.",
				Params: []interp.Param{{Name: "condition", Doc: "What should hold.", Required: true}, message}, Impl: assertTrue, NoTarget: "it belongs to the test"},
			{Name: "raises", Doc: "Calls fn, fails the test unless it raises an error of the kind, and returns the error.", HandsOn: true,
				Params: []interp.Param{{Name: "fn", Doc: "A function.", Required: true}, {Name: "kind", Doc: "The kind, such as \"CallError\"; None for any."}},
				Rest:   "args", Impl: assertRaises, NoTarget: "it belongs to the test"},
			{Name: "hosts", Doc: "Returns n contexts on this machine, called host1, host2 and so on. They end with the test.",
				Params: []interp.Param{{Name: "n", Doc: "How many.", Required: true}}, NoTarget: "it belongs to the test",
				Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
					n, err := a.Int("n")
					if err != nil {
						return nil, err
					}
					if n < 1 || n > maxHosts {
						return nil, a.Errorf("argument n: want 1 to %d, got %d", maxHosts, n)
					}
					var all []value.Value
					a.Unlocked(func() { all, err = hosts(ctx, int(n)) })
					return value.List(all), err
				}},
		},
	}
}

// maxHosts bounds testing.hosts.
const maxHosts = 1000

// failed is the error of an assertion; a message of the test's own stands first.
func failed(a *interp.Args, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if m := a.Value("message"); m != nil {
		text = interp.Show(m) + ": " + text
		if s, ok := m.(string); ok {
			text = s + text[strings.Index(text, ": "):]
		}
	}
	return value.Errorf(KindAssertion, "%s", text)
}

func assertEqual(_ context.Context, a *interp.Args) (value.Value, error) {
	got, want := a.Value("got"), a.Value("want")
	if equal(got, want) {
		return nil, nil
	}
	return nil, failed(a, "%s", difference(got, want))
}

// difference tells how two values differ: short ones side by side, long ones line
// by line.
func difference(got, want value.Value) string {
	g, w := lines(got), lines(want)
	if !strings.Contains(g, "\n") && !strings.Contains(w, "\n") {
		if g == w { // they look the same
			g, w = value.TypeName(got)+" "+g, value.TypeName(want)+" "+w
		}
		return "got " + g + ", want " + w
	}
	_, body, _ := strings.Cut(string(diff.Diff("want", []byte(w+"\n"), "got", []byte(g+"\n"))), "\n")
	return "got and want differ:\n" + strings.TrimRight(body, "\n")
}

// lines shows a value; a text of several lines as it is.
func lines(v value.Value) string {
	if s, ok := v.(string); ok && strings.Contains(s, "\n") {
		return strings.TrimSuffix(s, "\n")
	}
	return repl.Show(v)
}

func assertDiffer(_ context.Context, a *interp.Args) (value.Value, error) {
	if !equal(a.Value("got"), a.Value("want")) {
		return nil, nil
	}
	return nil, failed(a, "got %s, want anything else", repl.Show(a.Value("got")))
}

func assertTrue(_ context.Context, a *interp.Args) (value.Value, error) {
	if truth(a.Value("condition")) {
		return nil, nil
	}
	return nil, failed(a, "the condition is %s", repl.Show(a.Value("condition")))
}

// truth is Starlark's.
func truth(v value.Value) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case value.Bytes:
		return v != ""
	case value.List:
		return len(v) > 0
	case value.Tuple:
		return len(v) > 0
	case interface{ Len() int }:
		return v.Len() > 0
	}
	return true
}

func assertRaises(ctx context.Context, a *interp.Args) (value.Value, error) {
	fn, ok, err := a.Callable("fn")
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, a.Errorf("argument fn: want a function")
	}
	kind := ""
	if a.Value("kind") != nil {
		if kind, err = a.String("kind"); err != nil {
			return nil, err
		}
	}
	v, err := fn.Call(ctx, a.Rest, nil)
	if err == nil {
		return nil, value.Errorf(KindAssertion, "no error was raised: it returned %s", repl.Show(v))
	}
	if ctx.Err() != nil {
		return nil, err
	}
	e := value.AsError(err)
	if kind != "" && !e.IsA(value.Kind(kind)) {
		return nil, value.Errorf(KindAssertion, "%s was raised, want %s: %s", e.Kind, kind, e.Message)
	}
	return e, nil
}
