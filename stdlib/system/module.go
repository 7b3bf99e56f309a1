package system

import (
	"context"
	"os"
	"runtime"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/path"
	"github.com/mitoscript/mitoscript/stdlib/user"
)

// Exit begins the end of this context with an exit status. The error that it
// returns ends the calling script; it should be one that no attempt holds.
type Exit func(ctx context.Context, code int) error

// Module makes the module os. exit may be nil if scripts may not end the process.
func Module(exit Exit) *interp.Module {
	funcs := append(identity(), environment()...)
	funcs = append(funcs, machine()...)
	return &interp.Module{
		Name:  "os",
		Doc:   "This process and the machine that it runs on.",
		Merge: true,
		Funcs: append(funcs, exitFunc(exit)),
	}
}

func exitFunc(exit Exit) *interp.Func {
	return &interp.Func{
		Name:     "exit",
		Doc:      "Ends this context. In the master the script ends in order, with that status.",
		Params:   []interp.Param{{Name: "code", Doc: "The exit status; true is 0 and false is 1.", Default: int64(0)}},
		Blocking: true,
		Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
			code, err := exitCode(a)
			if err != nil {
				return nil, err
			}
			if exit == nil {
				return nil, a.Errorf("this context cannot be ended by a script")
			}
			return nil, exit(ctx, code)
		},
	}
}

func exitCode(a *interp.Args) (int, error) {
	switch v := a.Value("code").(type) {
	case bool:
		if v {
			return 0, nil
		}
		return 1, nil
	}
	n, err := a.Int("code")
	if err == nil && (n < -255 || n > 255) {
		err = a.Errorf("argument code: %d is not an exit status (0 to 255)", n)
	}
	return int(n) & 0xff, err // -1 is 255, as exit(3) has it
}

func plain(name, doc string, fn func() (value.Value, error)) *interp.Func {
	return &interp.Func{Name: name, Doc: doc,
		Impl: func(context.Context, *interp.Args) (value.Value, error) { return fn() }}
}

func number(name, doc string, fn func() int) *interp.Func {
	return plain(name, doc, func() (value.Value, error) { return int64(fn()), nil })
}

func identity() []*interp.Func {
	return []*interp.Func{
		plain("hostname", "Returns the name of the machine.", func() (value.Value, error) { return hostname() }),
		number("getpid", "Returns the number of this process.", os.Getpid),
		number("getppid", "Returns the number of the process that started this one.", os.Getppid),
		number("getuid", "Returns the number of the user that this process runs as.", os.Getuid),
		number("getgid", "Returns the number of the group that this process runs as.", os.Getgid),
		{Name: "username", Doc: "Returns the name of the user that this process runs as.", Blocking: true,
			Impl: func(context.Context, *interp.Args) (value.Value, error) {
				return user.Database{}.Current().Name, nil
			}},
		plain("home", "Returns the home folder of the user.", func() (value.Value, error) { return path.OwnHome(), nil }),
	}
}

func hostname() (value.Value, error) {
	name, err := os.Hostname()
	if err != nil {
		return nil, oserror.Wrap("read", "the machine's name", err)
	}
	return name, nil
}

func environment() []*interp.Func {
	name := interp.Param{Name: "name", Doc: "The variable.", Required: true}
	return []*interp.Func{
		{Name: "getenv", Doc: "Returns a variable of the environment.",
			Params: []interp.Param{name, {Name: "default", Doc: "The result if it is not set."}}, Impl: getenv},
		{Name: "setenv", Doc: "Sets a variable of the environment, for this process and those that it starts.",
			Params: []interp.Param{name, {Name: "value", Doc: "Its text; None removes it.", Required: true}}, Impl: setenv},
		{Name: "unsetenv", Doc: "Removes a variable from the environment.", Params: []interp.Param{name}, Impl: unsetenv},
		plain("environ", "Returns the environment as a dict.", environ),
		plain("getcwd", "Returns the current folder.", getcwd),
		{Name: "chdir", Doc: "Makes a folder the current one.",
			Params: []interp.Param{{Name: "path", Doc: "The folder.", Required: true}}, Impl: chdir},
		number("cpu_count", "Returns the number of processors that this process may use.", runtime.NumCPU),
	}
}

func getenv(_ context.Context, a *interp.Args) (value.Value, error) {
	name, err := a.String("name")
	if err != nil {
		return nil, err
	}
	if v, ok := os.LookupEnv(name); ok {
		return v, nil
	}
	return a.Value("default"), nil
}

func setenv(ctx context.Context, a *interp.Args) (value.Value, error) {
	if a.Value("value") == nil {
		return unsetenv(ctx, a)
	}
	name, err := a.String("name")
	if err != nil {
		return nil, err
	}
	v, err := a.Data("value")
	if err != nil {
		return nil, err
	}
	if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(v, "\x00") {
		return nil, value.Errorf(value.KindValue, "cannot set the variable %q: a name has no \"=\", and neither name nor value a NUL", name)
	}
	return nil, oserror.Wrap("set the variable", name, os.Setenv(name, v))
}

func unsetenv(_ context.Context, a *interp.Args) (value.Value, error) {
	name, err := a.String("name")
	if err != nil {
		return nil, err
	}
	return nil, oserror.Wrap("remove the variable", name, os.Unsetenv(name))
}

func environ() (value.Value, error) {
	env := os.Environ()
	d := value.NewDict(len(env))
	for _, kv := range env {
		k, v, _ := strings.Cut(kv, "=")
		if err := d.Set(k, v); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func getcwd() (value.Value, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, oserror.Wrap("find", "the current folder", err)
	}
	return dir, nil
}

func chdir(_ context.Context, a *interp.Args) (value.Value, error) {
	p, err := path.Arg(a, "path")
	if err != nil {
		return nil, err
	}
	return nil, oserror.Wrap("change to", p, os.Chdir(p))
}
