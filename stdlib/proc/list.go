package proc

import (
	"context"
	"strconv"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/user"
)

// entry is one process of the machine.
type entry struct {
	pid, ppid  int
	uid        int
	name       string
	cmdline    []string
	rss        int64   // bytes
	cpuSeconds float64 // user and system
	started    float64 // seconds since 1970
}

func list(ctx context.Context, _ *interp.Args) (value.Value, error) {
	entries, err := processes(ctx)
	if err != nil {
		return nil, oserror.Wrap("list", "the processes", err)
	}
	names := userNames()
	out := make(value.List, len(entries))
	for i, e := range entries {
		owner, ok := names[e.uid]
		if !ok {
			owner = show(e.uid)
		}
		out[i] = e.record(owner)
	}
	return out, nil
}

func (e entry) record(owner string) *value.Struct {
	words := make(value.List, len(e.cmdline))
	for i, w := range e.cmdline {
		words[i] = w
	}
	return &value.Struct{Name: "process", Fields: []value.Field{
		{Name: "pid", Value: int64(e.pid)}, {Name: "ppid", Value: int64(e.ppid)}, {Name: "user", Value: owner},
		{Name: "name", Value: e.name}, {Name: "cmdline", Value: words}, {Name: "rss", Value: e.rss},
		{Name: "cpu_seconds", Value: e.cpuSeconds}, {Name: "started", Value: e.started},
	}}
}

func userNames() map[int]string {
	out := map[int]string{}
	accounts, _ := user.Database{}.Accounts() // numbers do without it
	for _, a := range accounts {
		if _, taken := out[a.UID]; !taken {
			out[a.UID] = a.Name
		}
	}
	return out
}

func show(n int) string { return strconv.Itoa(n) }
