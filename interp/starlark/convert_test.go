package starlark_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/interptest"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// keeper is a module t whose keep function keeps its argument.
func keeper(kept *[]value.Value) *interp.Module {
	return &interp.Module{Name: "t", Funcs: []*interp.Func{{
		Name: "keep", Rest: "args", HandsOn: true, Keywords: "kwargs",
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			*kept = append(*kept, a.Rest...)
			if len(a.Rest) == 0 {
				return nil, nil
			}
			return a.Rest[0], nil
		},
	}}}
}

func TestConvert(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"None", "null"}, {"True", "true"}, {"1", "1"}, {"-(1 << 63)", "-9223372036854775808"}, {"1 << 63", "9223372036854775808n"},
		{"0.5", "0.5f"}, {"1.0", "1f"}, {`"a\x00"`, `"a\x00"`}, {`b"\xff"`, `b"\xff"`},
		{"[1, (2,), []]", "[1, (2), []]"}, {"{'b': 1, 2: [3], (1, 'x'): None}", `{"b": 1, 2: [3], (1, "x"): null}`},
		{"set([3, 1])", "set(3, 1)"}, {"struct(b=1, a=struct())", "struct(b=1, a=struct())"},
		{"range(2)", "[0, 1]"}, {"time.parse_duration('2s')", "2s"}, {"time.from_timestamp(0)", "1970-01-01T00:00:00Z"},
		{"attempt(fail, 'x')", "result(ok=false, value=null, error=<ScriptError: x>)"},
		{"len", "function len"}, {"'a'.upper", "function upper"}, {"lambda: 0", "function lambda"}, {"t", "*interp.Module"},
	}
	for _, tt := range tests {
		t.Run(tt.expr, func(t *testing.T) {
			var kept []value.Value
			w := newWorld(t, nil, keeper(&kept), &interp.Module{Name: "time", Merge: true})
			// Twice: what came back from Go is converted as well.
			if _, err := w.run(t.Context(), "t.keep(t.keep("+tt.expr+"))"); err != nil {
				t.Fatal(err)
			}
			if got := interptest.Show(kept[0]) + "|" + interptest.Show(kept[1]); got != tt.want+"|"+tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestConvertRefused(t *testing.T) {
	tests := []struct{ text, want string }{
		{"l = [1]\nl.append({'x': l})\nt.keep(0, l)", `args[1][1]["x"]: cannot send a value that contains itself`},
		{"t.keep(x=['a'.elems()])", `kwargs["x"][0]: cannot send a string.elems`},
		{"t.keep(struct(a={1: 'a'.elems()}))", `args[0].a[1]: cannot send a string.elems`},
		{"l = []\nfor i in range(1100): l = [l]\nt.keep(l)", "[0]: cannot send values nested more than 1000 deep"},
	}
	for _, tt := range tests {
		var kept []value.Value
		w := newWorld(t, nil, keeper(&kept))
		_, err := w.run(t.Context(), tt.text)
		if err == nil || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.text, err)
		}
	}
}

// TestMutable holds that what comes from Go can be changed.
func TestMutable(t *testing.T) {
	w := newWorld(t, nil, &interp.Module{Name: "t", Funcs: []*interp.Func{{
		Name: "get", Impl: func(context.Context, *interp.Args) (value.Value, error) {
			d := &value.Dict{}
			_ = d.Set("l", value.List{int64(1)})
			return d, nil
		},
	}}})
	_, err := w.run(t.Context(), "d = t.get()\nd['l'].append(2)\nd['m'] = 1\nprint(d, t.get())")
	if got := w.out.String(); err != nil || got != "{\"l\": [1, 2], \"m\": 1} {\"l\": [1]}\n" {
		t.Errorf("%q %v", got, err)
	}
}

func TestMaskedValues(t *testing.T) {
	secret, _ := value.NewSecret("hunter2")
	vals := map[string]value.Value{"s": secret, "b": value.Blob("abc"), "d": 1500 * time.Millisecond}
	w := newWorld(t, nil, &interp.Module{Name: "t", AttrNames: []string{"b", "d", "s"}, Attr: func(_ context.Context, name string) (value.Value, bool) {
		v, ok := vals[name]
		return v, ok
	}})
	const text = `
print(t.s, "%s" % t.s, str(t.s), repr([t.s]), {"k": t.s}, struct(s=t.s), t.s == t.s, len(t.s))
print(t.s.reveal(), t.b, t.b.bytes, len(t.b), t.b == t.b, [x for x in t.s], t.d, dir(t))
print(attempt(fail, t.s, [t.s]).error.message)
`
	want := `[secret] [secret] [secret] [[secret]] {"k": [secret]} struct(s = [secret]) True 7
hunter2 [blob: 3 bytes] abc 3 True [] 1.5s ["b", "d", "s"]
[secret] [[secret]]
`
	if _, err := w.run(t.Context(), text); err != nil || w.out.String() != want {
		t.Errorf("%v\n%s", err, w.out.String())
	}
}

func TestModules(t *testing.T) {
	echo := func(name string) *interp.Func {
		return &interp.Func{Name: name, Params: []interp.Param{{Name: "v", Required: true}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) { return a.Value("v"), nil }}
	}
	w := newWorld(t, nil,
		&interp.Module{Name: "hash", Funcs: []*interp.Func{echo("md5")}},
		&interp.Module{Name: "json", Merge: true, Funcs: []*interp.Func{echo("encode")}},
		&interp.Module{Name: "math", Merge: true},
		&interp.Module{Name: "Select", Funcs: []*interp.Func{echo("all")}, Call: echo("Select")},
		&interp.Module{Global: true, Funcs: []*interp.Func{echo("Blob")}, Call: echo("Secret")},
		&interp.Module{Name: "luaonly", Only: "lua"},
		&interp.Module{Name: "utils", Modules: []*interp.Module{{Name: "deep", Funcs: []*interp.Func{echo("f")}}}},
	)
	const text = `
print(hash("a") == hash("a"), hash.md5("x"), json.encode([1]), json.indent("[1]"), json.encode_indent([1], indent=""))
print(math.floor(1.5), Select("s"), Select.all(v="a"), Blob(1), Secret(2), utils.deep.f(3), dir(utils), type(utils), utils)
print(attempt(utils.deep.f).error.message, attempt(Select, w=1).error.message)
`
	want := "True x [1] [\n\t1\n] [\n1\n]\n1 s a 1 2 3 [\"deep\"] module <module utils>\n" +
		"utils.deep.f: missing argument v Select: unexpected keyword argument w (it takes v)\n"
	if _, err := w.run(t.Context(), text); err != nil || w.out.String() != want {
		t.Errorf("%v\n%s", err, w.out.String())
	}
	if err := w.in.Check(interp.Source{Path: "x.star", Text: []byte("luaonly")}); err == nil {
		t.Error("luaonly is visible")
	}
}
