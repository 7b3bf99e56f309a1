package proc

import (
	"context"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/path"
	"github.com/mitoscript/mitoscript/stdlib/user"
)

// options are the parameters of run, output and start.
type options struct {
	given   value.Value // the command as it was given
	argv    []string
	shown   string // for error texts: no Secret
	input   string
	dir     string
	env     []string // additions are in it already
	timeout time.Duration
	account string
	onLine  func(ctx context.Context, args ...value.Value) error

	hasInput, hasTimeout               bool
	check, capture, pty, detach, piped bool
	// inherit gives it our stdin, tapped leaves its stdout to running.tap.
	inherit, tapped bool
}

func commonParams() []interp.Param {
	return []interp.Param{
		{Name: "cmd", Doc: "A list of a program and its arguments, or a line for the shell.", Required: true},
		{Name: "input", Doc: "Text or bytes that it reads; nothing if left out."},
		{Name: "cwd", Doc: "The folder that it runs in."},
		{Name: "env", Doc: "A dict of variables that are added to the environment; None removes one."},
	}
}

func runParams() []interp.Param {
	return append(commonParams(),
		interp.Param{Name: "timeout", Doc: "Seconds after which its process group is ended and a TimeoutError raised."},
		interp.Param{Name: "check", Doc: "Raises a ProcessError if the status is not 0.", Default: true},
		interp.Param{Name: "capture", Doc: "Returns what it prints; otherwise that goes where this context prints.", Default: true},
		shellParam(), userParam(), ptyParam(),
		interp.Param{Name: "detach", Doc: "Lets it run on its own, beyond the end of this context, and does not wait.", Default: false},
		interp.Param{Name: "on_line", Doc: "Called as on_line(stream, line) as lines come; stream is \"stdout\" or \"stderr\". A Sender may stand in its place."},
	)
}

func shellParam() interp.Param {
	return interp.Param{Name: "shell", Doc: "The shell that runs a command given as text.", Default: nil}
}

func userParam() interp.Param {
	return interp.Param{Name: "user", Doc: "Name or number of the user that it runs as; needs root.", Default: nil}
}

func ptyParam() interp.Param {
	return interp.Param{Name: "pty", Doc: "Gives it a terminal; stdout and stderr are then one, and lines end in CR LF.", Default: false}
}

// read fills in the options that the function called has.
func (h *Host) read(a *interp.Args) (o options, err error) {
	o = options{check: true, capture: true, dir: "", given: a.Value("cmd")}
	if o.argv, o.shown, err = argv(a); err != nil {
		return o, err
	}
	if o.input, err = a.Data("input"); err != nil {
		return o, err
	}
	o.hasInput = a.Value("input") != nil
	if o.dir, err = path.Arg(a, "cwd"); err != nil {
		return o, err
	}
	if o.account, _, err = user.NameOrNumber(a, "user"); err != nil {
		return o, err
	}
	for name, to := range map[string]*bool{"check": &o.check, "capture": &o.capture, "pty": &o.pty, "detach": &o.detach} {
		if has(a, name) {
			if *to, err = a.Bool(name); err != nil {
				return o, err
			}
		}
	}
	if has(a, "timeout") {
		if o.timeout, o.hasTimeout, err = a.Timeout("timeout"); err != nil {
			return o, err
		}
	}
	if has(a, "on_line") {
		if o.onLine, err = h.lineSink(a); err != nil {
			return o, err
		}
	}
	if o.detach && (o.pty || o.onLine != nil || o.hasInput) {
		return o, a.Errorf("detach does not go together with input, pty or on_line")
	}
	o.env, err = environment(a)
	return o, err
}

func has(a *interp.Args, name string) bool {
	for _, p := range a.Func.Params {
		if p.Name == name {
			return true
		}
	}
	return false
}

// argv gives the words to run and how texts show them.
func argv(a *interp.Args) (words []string, shown string, err error) {
	shell, err := a.String("shell")
	if err != nil {
		return nil, "", err
	}
	if shell == "" {
		shell = "/bin/sh"
	}
	var items []value.Value
	switch v := a.Value("cmd").(type) {
	case string:
		return []string{shell, "-c", v}, v, noNUL(a, v)
	case value.Bytes:
		return []string{shell, "-c", string(v)}, string(v), noNUL(a, string(v))
	case value.Secret:
		return []string{shell, "-c", v.Text()}, v.String(), noNUL(a, v.Text())
	case value.List:
		items = v
	case value.Tuple:
		items = v
	default:
		return nil, "", a.Errorf("argument cmd: want a list or text, got %s", value.TypeName(v))
	}
	var show []string
	for i, it := range items {
		w, ok := word(it)
		if !ok {
			return nil, "", a.Errorf("argument cmd[%d]: want text, got %s", i, value.TypeName(it))
		}
		if err := noNUL(a, w); err != nil {
			return nil, "", err
		}
		words = append(words, w)
		if s, ok := it.(value.Secret); ok {
			show = append(show, s.String())
		} else {
			show = append(show, quote(w))
		}
	}
	if len(words) == 0 || words[0] == "" {
		return nil, "", value.Errorf(value.KindValue, "cannot run an empty command")
	}
	return words, strings.Join(show, " "), nil
}

func noNUL(a *interp.Args, s string) error {
	if strings.Contains(s, "\x00") {
		return value.Errorf(value.KindValue, "%s: a command cannot have a NUL byte", a.Func.Name)
	}
	return nil
}

// word is the text of a word of a command or of a variable's value.
func word(v value.Value) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case value.Bytes:
		return string(v), true
	case value.Blob:
		return string(v), true
	case value.Secret:
		return v.Text(), true
	case int64:
		return strconv.FormatInt(v, 10), true
	}
	return "", false
}

func environment(a *interp.Args) ([]string, error) {
	d, err := a.Dict("env")
	if err != nil {
		return nil, err
	}
	env := os.Environ()
	for _, it := range d.Items() {
		name, ok := it.Key.(string)
		if !ok || name == "" || strings.ContainsAny(name, "=\x00") {
			return nil, a.Errorf("argument env: %v is not the name of a variable", it.Key)
		}
		env = without(env, name)
		if it.Value == nil {
			continue
		}
		v, ok := word(it.Value)
		if !ok || strings.Contains(v, "\x00") {
			return nil, a.Errorf("argument env[%q]: want text without NUL, got %s", name, value.TypeName(it.Value))
		}
		env = append(env, name+"="+v)
	}
	return env, nil
}

func without(env []string, name string) []string {
	out := env[:0:0]
	for _, kv := range env {
		if !strings.HasPrefix(kv, name+"=") {
			out = append(out, kv)
		}
	}
	return out
}

func lookup(env []string, name string) string {
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}
