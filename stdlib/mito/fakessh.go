package mito

import (
	"context"
	"path/filepath"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// FakeSSH is what fakessh.run was asked for.
type FakeSSH struct {
	Dest *mitogen.Context
	Args []string
	Env  map[string]string
	Dir  string // "" for the process's own
}

func (rt *Runtime) fakesshModule() *interp.Module {
	return &interp.Module{Name: value.Lender, Doc: "Runs programs that use ssh over contexts.", Funcs: []*interp.Func{{
		Name: "run", Blocking: true,
		Doc: "Runs a program here, on whose PATH ssh is ours: what it asks ssh to run is run in a context. Returns its exit status. " +
			"Any host name means that context. Called in another context it may be given without router.",
		Params: []interp.Param{
			{Name: "dest", Doc: "The Context.", Required: true},
			{Name: "router", Doc: "Accepted: a Context knows its router."},
			{Name: "args", Doc: "The program and its arguments, such as [\"rsync\", \"-a\", \"src/\", \"host:dst/\"]."},
			{Name: "deadline", Doc: "Seconds after which the program is ended, with a TimeoutError; None for no limit."},
			{Name: "econtext", Doc: "Accepted: not needed."},
			{Name: "env", Doc: "A dict of variables that are set for the program."},
			{Name: "cwd", Doc: "The folder in which it starts; None for that of this process."},
		},
		Impl: rt.runFakeSSH,
	}}}
}

func (rt *Runtime) runFakeSSH(ctx context.Context, a *interp.Args) (value.Value, error) {
	o, err := fakeSSHArgs(a)
	if err != nil {
		return nil, err
	}
	if rt.opts.FakeSSH == nil {
		return nil, a.Errorf("this process cannot run programs")
	}
	limit, limited, err := a.Timeout("deadline")
	if err != nil {
		return nil, err
	}
	if limited {
		var cancel context.CancelFunc
		ctx, cancel = mitogen.Timeout(ctx, limit, o.Args[0])
		defer cancel()
	}
	status, err := rt.opts.FakeSSH(ctx, o)
	return int64(status), err
}

func fakeSSHArgs(a *interp.Args) (o FakeSSH, err error) {
	switch a.Value("router").(type) {
	case value.List, value.Tuple: // run(dest, args)
		if a.Given("args") {
			return o, a.Errorf("argument router: want Router, got list")
		}
		a.Set("args", a.Value("router"))
	case nil, *routerObject:
	default:
		return o, a.Errorf("argument router: want Router, got %s", value.TypeName(a.Value("router")))
	}
	dest, err := contextArg(a, "dest", nil)
	if err != nil {
		return o, err
	}
	if dest == nil {
		return o, a.Errorf("argument dest: want Context, got null")
	}
	o.Dest = dest.c
	if o.Args, err = a.Strings("args"); err != nil {
		return o, err
	}
	if len(o.Args) == 0 || o.Args[0] == "" {
		return o, a.Errorf("argument args: want a program and its arguments, got none")
	}
	if o.Env, err = textDict(a, "env"); err != nil {
		return o, err
	}
	dir, err := a.String("cwd")
	if err == nil && dir != "" {
		o.Dir, err = filepath.Abs(dir)
	}
	return o, err
}

// textDict is an argument that is a dict of text.
func textDict(a *interp.Args, name string) (map[string]string, error) {
	d, err := a.Dict(name)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, d.Len())
	for _, it := range d.Items() {
		k, ok1 := it.Key.(string)
		v, ok2 := it.Value.(string)
		if !ok1 || !ok2 {
			return nil, a.Errorf("argument %s: want text for text, got %s for %s", name, value.TypeName(it.Value), value.TypeName(it.Key))
		}
		out[k] = v
	}
	return out, nil
}
