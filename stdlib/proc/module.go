package proc

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// Host is what the module may touch.
type Host struct {
	// Stdin is the terminal of a program that is run with capture=False, if it is one.
	Stdin io.Reader
	// Stdout and Stderr get what programs print with capture=False; nil drops it.
	Stdout, Stderr io.Writer
	// Groups keeps what runs.
	Groups *Groups
	// Send gives a value to a Sender that arrived as an argument; nil if it cannot.
	Send func(ctx context.Context, to value.SenderRef, v value.Value) error
}

// Module makes the module proc.
func Module(h *Host) *interp.Module {
	pid := interp.Param{Name: "pid", Doc: "The number of a process.", Required: true}
	startParams := append(commonParams(), shellParam(), userParam(), ptyParam(),
		interp.Param{Name: "detach", Doc: "Lets it run on its own, beyond the end of this context.", Default: false})
	return &interp.Module{Name: "proc", Doc: "Programs and processes.", Funcs: []*interp.Func{
		{Name: "run", Doc: "Runs a program and returns a record of its end: code, stdout, stderr, ok, seconds, cmd. code is -N if signal N ended it.",
			Params: runParams(), Impl: h.run},
		{Name: "output", Doc: "Runs a program and returns what it prints to stdout, without the last newline.",
			Params: runParams(), Impl: h.output},
		{Name: "start", Doc: "Starts a program and returns a process object, without waiting. It is ended with this context.",
			Params: startParams, Blocking: true, Impl: h.startProcess,
			NoTarget: "its result, a process, cannot travel"},
		{Name: "which", Doc: "Returns the path of a program, None if there is none in PATH.",
			Params: []interp.Param{{Name: "name", Doc: "The program's name.", Required: true}}, Blocking: true, Impl: whichFunc},
		{Name: "list", Doc: "Returns records of all processes: pid, ppid, user, name, cmdline, rss, cpu_seconds, started.",
			Blocking: true, Impl: list},
		{Name: "kill", Doc: "Sends a signal to a process.", Params: []interp.Param{pid, signalParam()}, Impl: killFunc},
		{Name: "alive", Doc: "Reports whether there is a process of that number.", Params: []interp.Param{pid}, Impl: alive},
		{Name: "quote", Doc: "Quotes a word, or a list of words, for the shell.",
			Params: []interp.Param{{Name: "args", Doc: "Text or a list of texts.", Required: true}}, Impl: quoteFunc},
	}}
}

func whichFunc(_ context.Context, a *interp.Args) (value.Value, error) {
	name, err := a.String("name")
	if err != nil {
		return nil, err
	}
	file, err := which(name, os.Getenv("PATH"))
	if err != nil || unix.Access(file, unix.X_OK) != nil {
		return nil, nil
	}
	if info, err := os.Stat(file); err != nil || info.IsDir() {
		return nil, nil // a folder may be entered, not run
	}
	return file, nil
}

func signalParam() interp.Param {
	return interp.Param{Name: "signal", Doc: "\"TERM\", \"SIGTERM\" or 15.", Default: "TERM"}
}

func signalArg(a *interp.Args) (syscall.Signal, error) {
	if name, ok := a.Value("signal").(string); ok {
		upper := strings.ToUpper(name)
		sig := unix.SignalNum("SIG" + strings.TrimPrefix(upper, "SIG"))
		if sig == 0 {
			return 0, value.Errorf(value.KindValue, "there is no signal %q", name)
		}
		return sig, nil
	}
	n, err := a.Int("signal")
	if err == nil && (n < 0 || n > 64) {
		err = value.Errorf(value.KindValue, "there is no signal %d", n)
	}
	return syscall.Signal(n), err
}

func pidArg(a *interp.Args) (int, error) {
	n, err := a.Int("pid")
	if err == nil && (n <= 0 || n > 1<<31-1) {
		err = value.Errorf(value.KindValue, "%d is not the number of a process", n)
	}
	return int(n), err
}

func killFunc(_ context.Context, a *interp.Args) (value.Value, error) {
	pid, err := pidArg(a)
	if err != nil {
		return nil, err
	}
	sig, err := signalArg(a)
	if err != nil {
		return nil, err
	}
	return nil, oserror.Wrap("signal process", show(pid), syscall.Kill(pid, sig))
}

func alive(_ context.Context, a *interp.Args) (value.Value, error) {
	pid, err := pidArg(a)
	if err != nil {
		return nil, err
	}
	err = syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, unix.EPERM), nil
}

func quoteFunc(_ context.Context, a *interp.Args) (value.Value, error) {
	if s, ok := word(a.Value("args")); ok {
		return quote(s), nil
	}
	items, err := a.List("args")
	if err != nil {
		return nil, err
	}
	words := make([]string, len(items))
	for i, it := range items {
		w, ok := word(it)
		if !ok {
			return nil, a.Errorf("argument args[%d]: want text, got %s", i, value.TypeName(it))
		}
		words[i] = quote(w)
	}
	return strings.Join(words, " "), nil
}

// quote makes one word of s for a POSIX shell.
func quote(s string) string {
	plain := s != ""
	for i := 0; i < len(s) && plain; i++ {
		c := s[i]
		plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("@%+=:,./-_", c) >= 0
	}
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
}
