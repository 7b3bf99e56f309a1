package stdlib_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib"
)

// TestEveryFunctionIsDocumented holds the library to what help and the binders
// rely on: a first sentence, documented parameters, keyword-only ones last.
func TestEveryFunctionIsDocumented(t *testing.T) {
	modules := stdlib.Modules(&stdlib.Host{})
	interp.Seal(modules)
	seen := map[string]bool{}
	for _, m := range modules {
		if m.Doc == "" {
			t.Errorf("module %s has no Doc", m.Name)
		}
		for _, f := range m.Funcs {
			name := f.Qualified()
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
			if !strings.Contains(f.Doc, ".") || strings.ToUpper(f.Doc[:1]) != f.Doc[:1] || f.Impl == nil {
				t.Errorf("%s: Doc %q", name, f.Doc)
			}
			optional := ""
			for _, p := range f.Params {
				if p.Doc == "" {
					t.Errorf("%s: parameter %s has no Doc", name, p.Name)
				}
				if p.Required && optional != "" {
					t.Errorf("%s: required %s after optional %s", name, p.Name, optional)
				}
				if !p.Required {
					optional = p.Name
				}
			}
		}
	}
}

func run(t *testing.T, h *stdlib.Host, name string, args ...value.Value) (value.Value, error) {
	t.Helper()
	modules := stdlib.Modules(h)
	interp.Seal(modules)
	host := &interp.Host{Modules: modules}
	f, ok := host.Builtin(name)
	if !ok {
		t.Fatalf("no function %s", name)
	}
	return f.CallGo(context.Background(), args, nil)
}

func TestHostIsWhatFunctionsTouch(t *testing.T) {
	var out strings.Builder
	code := -1
	end := errors.New("the end")
	h := &stdlib.Host{Stdin: strings.NewReader("a\r\nb"), Stdout: &out,
		Exit: func(_ context.Context, c int) error { code = c; return end }}
	if v, err := run(t, h, "stdio.lines"); err != nil || len(v.(value.List)) != 2 {
		t.Errorf("lines = %v, %v", v, err)
	}
	if _, err := run(t, h, "stdio.write", "x\n"); err != nil || out.String() != "x\n" {
		t.Errorf("wrote %q, %v", &out, err)
	}
	if _, err := run(t, h, "os.exit", int64(3)); !errors.Is(err, end) || code != 3 {
		t.Errorf("exit: %v, code %d", err, code)
	}
}

func TestSamples(t *testing.T) {
	t.Setenv("SAMPLE", "x")
	t.Setenv("HOME", "/home/me")
	for _, tc := range []struct {
		name string
		args []value.Value
		want value.Value
	}{
		{"os.getenv", []value.Value{"SAMPLE"}, "x"},
		{"os.getenv", []value.Value{"NO_SAMPLE", int64(1)}, int64(1)},
		{"os.home", nil, "/home/me"},
		{"path.join", []value.Value{"a", "b/", "c"}, "a/b/c"},
		{"path.join", []value.Value{"a", "/b"}, "/b"},
		{"path.ext", []value.Value{"/a.b/c.tar.gz"}, ".gz"},
		{"path.ext", []value.Value{".profile"}, ""},
		{"path.stem", []value.Value{"/a/c.tar.gz"}, "c.tar"},
		{"path.dir", []value.Value{"/a"}, "/"},
		{"path.rel", []value.Value{"/a/b", "/a/c"}, "../b"},
		{"path.match", []value.Value{"**/*.py", "a/b/c.py"}, true},
		{"path.match", []value.Value{"/a/**/d", "/a/d"}, true},
		{"path.match", []value.Value{"*.py", "a/b.pyc"}, false},
		{"path.expand", []value.Value{"~/$SAMPLE/${SAMPLE}y/$NO_SAMPLE"}, "/home/me/x/xy/$NO_SAMPLE"},
		{"hash.sha256", []value.Value{""}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"hash.hmac", []value.Value{"key", "data"}, "5031fe3d989c6d1537a013fa6e739da23463fdaec3b70137d828e36ace221bd0"},
		{"hash.crc32", []value.Value{value.Bytes("123456789")}, "cbf43926"},
		{"hash", []value.Value{"abc"}, int64(96354)},
		{"base64.encode", []value.Value{value.Bytes("\xff\xfe")}, "//4="},
		{"base64.decode", []value.Value{"__4"}, value.Bytes("\xff\xfe")},
		{"hex.decode", []value.Value{"00fF"}, value.Bytes("\x00\xff")},
		{"json.encode", []value.Value{value.List{int64(1), "a"}}, `[1,"a"]`},
	} {
		if got, err := run(t, &stdlib.Host{}, tc.name, tc.args...); err != nil || got != tc.want {
			t.Errorf("%s%q = %#v, %v; want %#v", tc.name, tc.args, got, err, tc.want)
		}
	}
}

func TestMachine(t *testing.T) {
	for _, name := range []string{"os.platform", "os.memory", "os.load_average", "os.uptime", "os.boot_time", "os.username",
		"os.environ", "os.getcwd", "os.hostname", "user.current", "user.list", "user.groups"} {
		if v, err := run(t, &stdlib.Host{}, name); err != nil || v == nil {
			t.Errorf("%s = %v, %v", name, v, err)
		}
	}
	v, err := run(t, &stdlib.Host{}, "os.facts")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"platform", "cpu", "memory", "disks", "addresses", "users", "uptime", "load", "virtualization"} {
		if _, ok := v.(*value.Dict).Get(key); !ok {
			t.Errorf("facts lacks %s", key)
		}
	}
}
