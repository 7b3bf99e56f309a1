package network

import (
	"context"
	"errors"
	"net"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// Module makes the module net.
func Module() *interp.Module {
	host := interp.Param{Name: "host", Doc: "A name or an address.", Required: true}
	port := interp.Param{Name: "port", Doc: "A TCP port.", Required: true}
	timeout := func(s float64) interp.Param {
		return interp.Param{Name: "timeout", Doc: "Seconds to wait at most.", Default: s}
	}
	return &interp.Module{Name: "net", Doc: "Names, addresses and ports.",
		Records: map[string]func(*value.Struct) (interp.Object, bool){recordName: whole}, Funcs: []*interp.Func{
			{Name: "resolve", Doc: "Returns the addresses of a name as a list.", Blocking: true, Impl: resolve,
				Params: []interp.Param{{Name: "name", Doc: "A host's name.", Required: true}}},
			{Name: "reverse", Doc: "Returns the name of an address.", Blocking: true, Impl: reverse,
				Params: []interp.Param{{Name: "address", Doc: "An IP address.", Required: true}}},
			{Name: "interfaces", Doc: "Returns records of the machine's interfaces: name, mac, mtu, up, addresses.", Blocking: true, Impl: interfaces},
			{Name: "port_open", Doc: "Reports whether a TCP port accepts a connection.", Blocking: true, Impl: portOpen,
				Params: []interp.Param{host, port, timeout(3)}},
			{Name: "wait_port", Doc: "Waits until a TCP port accepts a connection; a TimeoutError if it does not in time.", Blocking: true, Impl: waitPort,
				Params: []interp.Param{host, port, timeout(60)}},
			{Name: "free_port", Doc: "Returns a TCP port that nobody uses now.", Blocking: true, Impl: freePort},
			{Name: "cidr", Doc: "Reads a network like \"10.0.0.0/24\": network, prefix, hosts (the number of its addresses), contains(address), addresses(limit=None).",
				Params: []interp.Param{{Name: "text", Doc: "An address and the length of its prefix.", Required: true}}, Impl: readCIDR},
		}}
}

// netError is an OSError that names what was tried. A resolver's "no such host"
// has no number of the operating system.
func netError(op, name string, err error) error {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		reason := dns.Err
		if dns.IsTimeout {
			reason = "the name server did not answer in time"
		}
		return value.Errorf(value.KindOS, "cannot %s %s: %s", op, oserror.Show(name), reason).
			With("errno", nil).With("path", name).With("op", op)
	}
	return oserror.Wrap(op, name, err)
}

func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return value.AsError(context.Cause(ctx))
	}
	return err
}

func resolve(ctx context.Context, a *interp.Args) (value.Value, error) {
	name, err := a.String("name")
	if err != nil {
		return nil, err
	}
	addrs, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		return nil, ended(ctx, netError("resolve", name, err))
	}
	out := make(value.List, len(addrs))
	for i, s := range addrs {
		out[i] = s
	}
	return out, nil
}

func reverse(ctx context.Context, a *interp.Args) (value.Value, error) {
	addr, err := a.String("address")
	if err != nil {
		return nil, err
	}
	names, err := net.DefaultResolver.LookupAddr(ctx, addr)
	if err != nil {
		return nil, ended(ctx, netError("find the name of", addr, err))
	}
	if len(names) == 0 {
		return nil, netError("find the name of", addr, &net.DNSError{Err: "it has none"})
	}
	return strings.TrimSuffix(names[0], "."), nil
}

func interfaces(context.Context, *interp.Args) (value.Value, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, oserror.Wrap("list", "the interfaces", err)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Index < all[j].Index })
	out := make(value.List, len(all))
	for i, it := range all {
		addrs := value.List{}
		found, _ := it.Addrs() // one that just vanished has none
		for _, a := range found {
			addrs = append(addrs, a.String())
		}
		out[i] = &value.Struct{Name: "interface", Fields: []value.Field{
			{Name: "name", Value: it.Name}, {Name: "mac", Value: it.HardwareAddr.String()}, {Name: "mtu", Value: int64(it.MTU)},
			{Name: "up", Value: it.Flags&net.FlagUp != 0}, {Name: "addresses", Value: addrs},
		}}
	}
	return out, nil
}

// target is the host and port in the arguments.
func target(a *interp.Args) (addr string, err error) {
	host, err := a.String("host")
	if err != nil {
		return "", err
	}
	port, err := a.Int("port")
	if err == nil && (port < 1 || port > 65535) {
		err = value.Errorf(value.KindValue, "%d is not a port (1 to 65535)", port)
	}
	return net.JoinHostPort(host, strconv.FormatInt(port, 10)), err
}

func portOpen(ctx context.Context, a *interp.Args) (value.Value, error) {
	addr, err := target(a)
	if err != nil {
		return nil, err
	}
	timeout, limited, err := a.Timeout("timeout")
	if err != nil {
		return nil, err
	}
	try := ctx
	if limited {
		var cancel context.CancelFunc
		try, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	err = dial(try, addr)
	if ctx.Err() != nil {
		return nil, ended(ctx, err)
	}
	return err == nil, nil
}

func dial(ctx context.Context, addr string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err == nil {
		_ = conn.Close()
	}
	return err
}

// The pause between two tries, and how long one try may take.
const (
	tryPause = 100 * time.Millisecond
	tryLimit = 3 * time.Second
)

func waitPort(ctx context.Context, a *interp.Args) (value.Value, error) {
	addr, err := target(a)
	if err != nil {
		return nil, err
	}
	timeout, limited, err := a.Timeout("timeout")
	if err != nil {
		return nil, err
	}
	deadline := ctx
	if limited {
		var cancel context.CancelFunc
		deadline, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	last := error(nil)
	for {
		try, cancel := context.WithTimeout(deadline, tryLimit)
		err := dial(try, addr)
		cancel()
		if err == nil {
			return nil, nil
		}
		if late := net.Error(nil); last == nil || !errors.As(err, &late) || !late.Timeout() {
			last = err // the try that the deadline cuts short has no reason of its own
		}
		select {
		case <-time.After(tryPause):
		case <-deadline.Done():
			if ctx.Err() != nil {
				return nil, ended(ctx, err)
			}
			return nil, value.Errorf(value.KindTimeout, "%s did not open within %s: %s", addr, timeout, lastReason(last))
		}
	}
}

// lastReason is what the last try ended with, in a few words.
func lastReason(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	return err.Error()
}

func freePort(context.Context, *interp.Args) (value.Value, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, oserror.Wrap("find", "a free port", err)
	}
	defer l.Close()
	return int64(l.Addr().(*net.TCPAddr).Port), nil
}
