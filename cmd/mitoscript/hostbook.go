//go:build !child

package main

import (
	"cmp"
	"context"
	"sync"

	"github.com/mitoscript/mitoscript/inventory"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// book is the hostBook of a command line. The inventory is read when it is asked for.
type book struct {
	m   *master
	sel *selection

	mu  sync.Mutex
	inv *inventory.Inventory // guarded by mu; nil until it is read
}

func (b *book) load(ctx context.Context) (*inventory.Inventory, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.inv != nil {
		return b.inv, nil
	}
	inv, err := b.sel.load(ctx, b.m)
	if err == nil {
		b.inv = inv
	}
	return inv, err
}

// Hosts gives the records of hosts.
func (b *book) Hosts(ctx context.Context, pattern string) (value.List, error) {
	inv, err := b.load(ctx)
	if err != nil {
		return nil, err
	}
	hosts, err := b.sel.hosts(inv)
	if err != nil {
		return nil, err
	}
	wanted, err := inv.Select(pattern, lastRun())
	if err != nil {
		return nil, err
	}
	meant := map[*inventory.Host]bool{}
	for _, h := range wanted {
		meant[h] = true
	}
	out := value.List{}
	for _, h := range hosts {
		if meant[h] {
			out = append(out, b.record(h))
		}
	}
	return out, nil
}

// record is a host as scripts see it: -u and -p win over the inventory, as in Connect.
func (b *book) record(h *inventory.Host) *value.Struct {
	var port, user value.Value
	if n := cmp.Or(b.sel.port, h.Port()); n != 0 {
		port = int64(n)
	}
	if s := cmp.Or(b.sel.user, h.Username()); s != "" {
		user = s
	}
	return &value.Struct{Name: "host", Fields: []value.Field{
		{Name: "name", Value: h.Name}, {Name: "hostname", Value: h.Hostname()}, {Name: "port", Value: port},
		{Name: "username", Value: user}, {Name: "vars", Value: h.Vars}, {Name: "groups", Value: texts(h.Groups)},
	}}
}

// Connect leads to a host.
func (b *book) Connect(ctx context.Context, name, become string, off bool) (*mitogen.Context, error) {
	inv, err := b.load(ctx)
	if err != nil {
		return nil, err
	}
	h := inv.Host(name)
	if h == nil {
		return nil, value.Errorf(value.KindValue, "the inventory has no host %s", name)
	}
	conn, err := b.sel.connection()
	if err != nil {
		return nil, err
	}
	if become != "" {
		conn.Become.On, conn.Become.User = true, become
	}
	conn.Become.Off = off
	fl := &fleet{m: b.m, fan: &fanout{}, conn: conn}
	c, _, err := fl.connect(ctx, h)
	return c, err
}
