package system

import (
	"context"
	"net"
	"os/exec"
	"runtime"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/fs"
)

// facts leaves out (as None) what this machine does not tell.
func facts(ctx context.Context) (value.Value, error) {
	d := value.NewDict(9)
	add := func(key string, v value.Value, err error) {
		if err != nil {
			v = nil
		}
		d.Append(key, v)
	}
	try := func(key string, fn func(context.Context) (value.Value, error)) {
		v, err := fn(ctx)
		add(key, v, err)
	}
	try("platform", platform)
	add("cpu", &value.Struct{Name: "cpu", Fields: []value.Field{
		{Name: "count", Value: int64(runtime.NumCPU())}, {Name: "model", Value: cpuModel()},
	}}, nil)
	try("memory", memory)
	add("disks", disks(ctx), nil)
	try("addresses", addresses)
	add("users", loggedIn(ctx), nil)
	try("uptime", uptime)
	try("load", loadAverage)
	add("virtualization", virtualization(), nil)
	return d, ctx.Err()
}

// mount is one file system that is mounted.
type mount struct{ device, dir, kind string }

func disks(ctx context.Context) value.List {
	out := value.List{}
	seen := map[string]bool{}
	for _, m := range mounts(ctx) {
		if seen[m.device] {
			continue
		}
		u, err := fs.DiskUsage(m.dir)
		if err != nil || u.Total == 0 {
			continue
		}
		seen[m.device] = true
		out = append(out, &value.Struct{Name: "disk", Fields: []value.Field{
			{Name: "device", Value: orNone(m.device)}, {Name: "mount", Value: m.dir}, {Name: "type", Value: orNone(m.kind)},
			{Name: "total", Value: u.Total}, {Name: "used", Value: u.Used}, {Name: "free", Value: u.Free},
		}})
	}
	return out
}

func orNone(text string) value.Value {
	if text == "" {
		return nil
	}
	return text
}

// addresses lists those of the machine, its own loop left out.
func addresses(context.Context) (value.Value, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	out := value.List{}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() {
			out = append(out, n.IP.String())
		}
	}
	return out, nil
}

// loggedIn lists the users with a session, each once.
func loggedIn(ctx context.Context) value.List {
	out := value.List{}
	text, err := exec.CommandContext(ctx, "who").Output()
	if err != nil {
		return out
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		name, _, _ := strings.Cut(line, " ")
		if name = strings.TrimSpace(name); name != "" && !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}
