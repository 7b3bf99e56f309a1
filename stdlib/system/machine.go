package system

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

func machine() []*interp.Func {
	waits := func(name, doc string, fn func(context.Context) (value.Value, error)) *interp.Func {
		return &interp.Func{Name: name, Doc: doc, Blocking: true,
			Impl: func(ctx context.Context, _ *interp.Args) (value.Value, error) { return fn(ctx) }}
	}
	return []*interp.Func{
		waits("platform", "Returns the kind of machine: os, arch, kernel, distro, distro_version, hostname.", platform),
		waits("facts", "Returns a dict of all that is known of the machine.", facts),
		waits("load_average", "Returns the load of the last 1, 5 and 15 minutes as a tuple.", loadAverage),
		waits("memory", "Returns the memory in bytes: total, available, used, swap_total, swap_free.", memory),
		waits("uptime", "Returns the seconds since the machine was started.", uptime),
		waits("boot_time", "Returns when the machine was started, in seconds since 1970.", bootSeconds),
	}
}

func platform(context.Context) (value.Value, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return nil, oserror.Wrap("read", "the kernel's name", err)
	}
	host, err := hostname()
	if err != nil {
		return nil, err
	}
	distro, version := distribution()
	return &value.Struct{Name: "platform", Fields: []value.Field{
		{Name: "os", Value: runtime.GOOS}, {Name: "arch", Value: runtime.GOARCH},
		{Name: "kernel", Value: unix.ByteSliceToString(u.Release[:])},
		{Name: "distro", Value: distro}, {Name: "distro_version", Value: version},
		{Name: "hostname", Value: host},
	}}, nil
}

// memoryState is what memoryNow finds, in bytes.
type memoryState struct{ total, available, swapTotal, swapFree int64 }

func memory(ctx context.Context) (value.Value, error) {
	m, err := memoryNow(ctx)
	if err != nil {
		return nil, oserror.Wrap("read", "the state of the memory", err)
	}
	return &value.Struct{Name: "memory", Fields: []value.Field{
		{Name: "total", Value: m.total}, {Name: "available", Value: m.available},
		{Name: "used", Value: m.total - m.available},
		{Name: "swap_total", Value: m.swapTotal}, {Name: "swap_free", Value: m.swapFree},
	}}, nil
}

func loadAverage(context.Context) (value.Value, error) {
	l, err := loadNow()
	if err != nil {
		return nil, oserror.Wrap("read", "the load", err)
	}
	return value.Tuple{l[0], l[1], l[2]}, nil
}

func bootSeconds(context.Context) (value.Value, error) {
	t, err := bootTime()
	if err != nil {
		return nil, oserror.Wrap("read", "the time of the start", err)
	}
	return seconds(t), nil
}

func uptime(context.Context) (value.Value, error) {
	t, err := bootTime()
	if err != nil {
		return nil, oserror.Wrap("read", "the time of the start", err)
	}
	return time.Since(t).Seconds(), nil
}

func seconds(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }
