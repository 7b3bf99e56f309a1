package proc_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/proc"
)

type kw map[string]value.Value

// callCtx runs a function of a new module and checks that no group is left.
func callCtx(ctx context.Context, t *testing.T, h *proc.Host, name string, opts kw, args ...value.Value) (value.Value, error) {
	t.Helper()
	if h == nil {
		h = &proc.Host{}
	}
	if h.Groups == nil {
		h.Groups = &proc.Groups{}
		t.Cleanup(func() { h.Groups.EndAll(time.Second) })
	}
	var fields []value.Field
	for k, v := range opts {
		fields = append(fields, value.Field{Name: k, Value: v})
	}
	for _, f := range proc.Module(h).Funcs {
		if f.Name == name {
			return f.CallGo(ctx, args, fields)
		}
	}
	t.Fatalf("no function %s", name)
	return nil, nil
}

func call(t *testing.T, name string, opts kw, args ...value.Value) (value.Value, error) {
	t.Helper()
	return callCtx(context.Background(), t, nil, name, opts, args...)
}

func words(w ...string) value.List {
	out := value.List{}
	for _, s := range w {
		out = append(out, s)
	}
	return out
}

func get(t *testing.T, v value.Value, name string) value.Value {
	t.Helper()
	got, ok := v.(*value.Struct).Get(name)
	if !ok {
		t.Fatalf("%v has no %s", v, name)
	}
	return got
}

func attr(err error, name string) value.Value {
	var e *value.Error
	if errors.As(err, &e) {
		for _, f := range e.Attrs {
			if f.Name == name {
				return f.Value
			}
		}
	}
	return nil
}

func TestRun(t *testing.T) {
	dir, _ := os.Getwd()
	secret, _ := value.NewSecret("s3cret")
	t.Setenv("GONE", "1")
	for _, tc := range []struct {
		name                 string
		cmd                  value.Value
		opts                 kw
		code                 int64
		stdout, stderr, fail string
	}{
		{name: "list", cmd: words("printf", "%s", "a b"), stdout: "a b"},
		{name: "text", cmd: "echo out; echo err >&2; exit 3", opts: kw{"check": false}, code: 3, stdout: "out\n", stderr: "err\n"},
		{name: "exact bytes", cmd: words("cat"), opts: kw{"input": value.Bytes("\x00\xff\r\n")}, stdout: "\x00\xff\r\n"},
		{name: "no input", cmd: words("cat")},
		{name: "input nobody reads", cmd: words("true"), opts: kw{"input": strings.Repeat("x", 1<<20)}},
		{name: "signal", cmd: "kill -9 $$", opts: kw{"check": false}, code: -9},
		{name: "cwd", cmd: "pwd", opts: kw{"cwd": dir}, stdout: dir + "\n"},
		{name: "env", cmd: "echo $A${GONE-none}", opts: kw{"env": dict("A", "x", "GONE", nil)}, stdout: "xnone\n"},
		{name: "secret word", cmd: value.List{"echo", secret}, stdout: "s3cret\n"},
		{name: "shell", cmd: "echo $0", opts: kw{"shell": "sh"}, stdout: "sh\n"},
		{name: "terminal", cmd: "test -t 0 && test -t 1 && cat", opts: kw{"pty": true, "input": "hi\n"}, stdout: "hi\r\n"},
		{name: "no capture", cmd: "echo x", opts: kw{"capture": false}},
		{name: "user", cmd: "id -u", opts: kw{"user": int64(os.Getuid())}, stdout: show(os.Getuid()) + "\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v, err := call(t, "run", tc.opts, tc.cmd)
			if err != nil {
				t.Fatal(err)
			}
			if get(t, v, "code") != tc.code || get(t, v, "stdout") != tc.stdout || get(t, v, "stderr") != tc.stderr || get(t, v, "ok") != (tc.code == 0) {
				t.Errorf("got %+v", v)
			}
		})
	}
}

func dict(kv ...value.Value) *value.Dict {
	d := &value.Dict{}
	for i := 0; i < len(kv); i += 2 {
		d.Append(kv[i], kv[i+1])
	}
	return d
}

func show(n int) string { return strconv.Itoa(n) }

func TestRunErrors(t *testing.T) {
	secret, _ := value.NewSecret("s3cret")
	for _, tc := range []struct {
		name  string
		cmd   value.Value
		opts  kw
		kind  value.Kind
		attr  string
		value value.Value
		text  string
	}{
		{"missing", words("no-such-program"), nil, value.KindOS, "errno", "ENOENT", "cannot run no-such-program"},
		{"folder", words("true"), kw{"cwd": "/no/such"}, value.KindOS, "path", "/no/such", "/no/such"},
		{"not executable", words("/etc/passwd"), nil, value.KindOS, "errno", "EACCES", "/etc/passwd"},
		{"status", "echo why >&2; exit 4", nil, value.KindProcess, "code", int64(4), "exit status 4: why"},
		{"hidden", value.List{"sh", "-c", "exit 1", secret}, nil, value.KindProcess, "code", int64(1), "[secret]"},
		{"signal", "kill -TERM $$", nil, value.KindProcess, "code", int64(-15), "SIGTERM"},
		{"empty", value.List{}, nil, value.KindValue, "", nil, "empty"},
		{"no user", "true", kw{"user": "no-such-user"}, value.KindValue, "", nil, "no-such-user"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := call(t, "run", tc.opts, tc.cmd)
			if !value.AsError(err).IsA(tc.kind) || !strings.Contains(err.Error(), tc.text) {
				t.Fatalf("got %v", err)
			}
			if tc.attr != "" && attr(err, tc.attr) != tc.value {
				t.Errorf("attributes %v", value.AsError(err).Attrs)
			}
		})
	}
}

func TestRunBigBothWays(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 1<<18) // 4 MiB
	v, err := call(t, "run", kw{"input": big}, "tee /dev/stderr")
	if err != nil {
		t.Fatal(err)
	}
	if get(t, v, "stdout") != big || get(t, v, "stderr") != big {
		t.Error("output differs from input")
	}
}

func TestTimeoutEndsTheGroup(t *testing.T) {
	for name, cmd := range map[string]string{
		"child":    "sleep 100 & wait",
		"stubborn": "sh -c 'trap \"\" TERM; while :; do sleep 100; done' & wait",
	} {
		t.Run(name, func(t *testing.T) {
			fifo := t.TempDir() + "/held"
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			released := make(chan error)
			go func() {
				_, err := os.ReadFile(fifo) // ends when nobody of the group holds it
				released <- err
			}()
			_, err := call(t, "run", kw{"timeout": 0.2}, "exec 3>"+fifo+"; "+cmd)
			if !errors.Is(err, value.KindTimeout) {
				t.Fatalf("got %v", err)
			}
			if err := <-released; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	h := &proc.Host{Stdout: writer(func(p []byte) { cancel() })}
	_, err := callCtx(ctx, t, h, "run", kw{"capture": false}, "echo started; sleep 100")
	if !errors.Is(err, value.KindCancelled) {
		t.Fatalf("got %v", err)
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

type sender struct{ got value.List }

func (s *sender) Put(_ context.Context, v value.Value) error { s.got = append(s.got, v); return nil }

func TestOnLine(t *testing.T) {
	s := &sender{}
	v, err := call(t, "run", kw{"on_line": s}, "echo a; printf 'b\r\nc'")
	if err != nil {
		t.Fatal(err)
	}
	want := value.List{value.Tuple{"stdout", "a"}, value.Tuple{"stdout", "b"}, value.Tuple{"stdout", "c"}}
	if !reflect.DeepEqual(s.got, want) || get(t, v, "stdout") != "a\nb\r\nc" {
		t.Errorf("got %v, %v", s.got, v)
	}
}

func TestNoCaptureGoesToHost(t *testing.T) {
	var out bytes.Buffer
	if _, err := callCtx(context.Background(), t, &proc.Host{Stdout: &out}, "run", kw{"capture": false}, "echo x"); err != nil || out.String() != "x\n" {
		t.Errorf("got %q, %v", &out, err)
	}
}

func method(t *testing.T, o value.Value, name string, args ...value.Value) value.Value {
	t.Helper()
	f, _ := o.(interp.Object).Attr(name)
	v, err := f.(*interp.Func).CallGo(context.Background(), args, nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

func TestStart(t *testing.T) {
	p, err := call(t, "start", nil, words("cat"))
	if err != nil {
		t.Fatal(err)
	}
	if v := method(t, p, "poll"); v != nil {
		t.Errorf("poll = %v", v)
	}
	method(t, p, "write", "one\n")
	it := method(t, p, "lines").(interp.Iterable)
	if line, ok, err := it.Next(context.Background()); line != "one" || !ok || err != nil {
		t.Errorf("line %v %v %v", line, ok, err)
	}
	method(t, p, "close_stdin")
	r := method(t, p, "wait")
	if get(t, r, "stdout") != "one\n" || get(t, r, "code") != int64(0) {
		t.Errorf("got %v", r)
	}
	for range 100 { // what has ended is there at once
		if again := method(t, p, "wait", int64(0)); get(t, again, "stdout") != "one\n" {
			t.Fatalf("got %v", again)
		}
	}
	if _, ok, _ := it.Next(context.Background()); ok {
		t.Error("a line after the end")
	}
}

func TestKill(t *testing.T) {
	p, err := call(t, "start", nil, words("sleep", "100"))
	if err != nil {
		t.Fatal(err)
	}
	method(t, p, "kill", "INT")
	if r := method(t, p, "wait"); get(t, r, "code") != int64(-2) {
		t.Errorf("got %v", r)
	}
	method(t, p, "kill")
}

func TestEndAll(t *testing.T) {
	h := &proc.Host{Groups: &proc.Groups{}}
	p, err := callCtx(context.Background(), t, h, "start", nil, "trap '' TERM; echo ready; sleep 100; sleep 100")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := method(t, p, "lines").(interp.Iterable).Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.Groups.EndAll(50 * time.Millisecond)
	if code := method(t, p, "poll"); code != int64(-9) {
		t.Errorf("poll = %v", code)
	}
}

func TestDetach(t *testing.T) {
	h := &proc.Host{Groups: &proc.Groups{}}
	v, err := callCtx(context.Background(), t, h, "run", kw{"detach": true}, words("sleep", "100"))
	if err != nil {
		t.Fatal(err)
	}
	h.Groups.EndAll(0)
	pid := int(get(t, v, "pid").(int64))
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("it did not live on: %v", err)
	}
}

func TestOthers(t *testing.T) {
	if v, _ := call(t, "which", nil, "sh"); !strings.HasSuffix(v.(string), "/sh") {
		t.Errorf("which sh = %v", v)
	}
	if v, err := call(t, "which", nil, t.TempDir()); v != nil || err != nil {
		t.Errorf("which of a folder = %v, %v", v, err)
	}
	if v, err := call(t, "which", nil, "no-such-program"); v != nil || err != nil {
		t.Errorf("which = %v, %v", v, err)
	}
	if v, _ := call(t, "quote", nil, words("a b", "it's", "", "x=1")); v != `'a b' 'it'"'"'s' '' x=1` {
		t.Errorf("quote = %v", v)
	}
	if v, _ := call(t, "output", nil, "echo; echo x; echo"); v != "\nx\n" {
		t.Errorf("output = %q", v)
	}
	if v, _ := call(t, "alive", nil, int64(os.Getpid())); v != true {
		t.Error("this process is not alive")
	}
	v, err := call(t, "list", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range v.(value.List) {
		if get(t, p, "pid") == int64(os.Getpid()) {
			return
		}
	}
	t.Error("list lacks this process")
}
