package network

import (
	"context"
	"math/big"
	"net/netip"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// cidr is a network of addresses. It travels whole.
type cidr struct{ prefix netip.Prefix }

func readCIDR(_ context.Context, a *interp.Args) (value.Value, error) {
	text, err := a.String("text")
	if err != nil {
		return nil, err
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return nil, value.Errorf(value.KindValue, "cannot read %q as a network (want the like of \"10.0.0.0/24\")", text)
		}
		p = netip.PrefixFrom(addr, addr.BitLen())
	}
	return &cidr{p.Masked()}, nil
}

// hosts is the number of addresses.
func (c *cidr) hosts() *big.Int {
	return new(big.Int).Lsh(big.NewInt(1), uint(c.prefix.Addr().BitLen()-c.prefix.Bits()))
}

// recordName is what a network is called while it travels.
const recordName = "cidr"

// whole makes a network of a record that arrived, if it is one.
func whole(s *value.Struct) (interp.Object, bool) {
	for _, f := range s.Fields {
		if text, ok := f.Value.(string); ok && f.Name == "network" {
			p, err := netip.ParsePrefix(text)
			return &cidr{p.Masked()}, err == nil
		}
	}
	return nil, false
}

// Port makes a record of it, of which whole makes a network again.
func (c *cidr) Port() (value.Value, error) {
	return &value.Struct{Name: recordName, Fields: []value.Field{
		{Name: "network", Value: c.prefix.String()}, {Name: "prefix", Value: int64(c.prefix.Bits())},
		{Name: "hosts", Value: value.Int(c.hosts())},
	}}, nil
}

// TypeName makes it an interp.Object.
func (c *cidr) TypeName() string { return "cidr" }

// Show is its text.
func (c *cidr) Show() string { return "cidr(" + c.prefix.String() + ")" }

// AttrNames lists its attributes.
func (c *cidr) AttrNames() []string {
	return []string{"addresses", "contains", "hosts", "network", "prefix"}
}

// Attr returns an attribute.
func (c *cidr) Attr(name string) (value.Value, bool) {
	switch name {
	case "network":
		return c.prefix.String(), true
	case "prefix":
		return int64(c.prefix.Bits()), true
	case "hosts":
		return value.Int(c.hosts()), true
	case "contains":
		return &interp.Func{Name: name, Doc: "Reports whether an address or a smaller network is in it.", Impl: c.contains,
			Params: []interp.Param{{Name: "address", Doc: "An address or a network.", Required: true}}}, true
	case "addresses":
		return &interp.Func{Name: name, Doc: "Returns its addresses as a list.", Impl: c.addresses,
			Params: []interp.Param{{Name: "limit", Doc: "How many at most."}}}, true
	}
	return nil, false
}

func (c *cidr) contains(_ context.Context, a *interp.Args) (value.Value, error) {
	text, err := a.String("address")
	if err != nil {
		return nil, err
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Bits() >= c.prefix.Bits() && c.prefix.Contains(p.Addr()), nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return nil, value.Errorf(value.KindValue, "%q is not an IP address", text)
	}
	return c.prefix.Contains(addr.Unmap()) || c.prefix.Contains(addr), nil
}

// maxAddresses bounds a list for which no limit was given.
const maxAddresses = 1 << 20

func (c *cidr) addresses(_ context.Context, a *interp.Args) (value.Value, error) {
	limit, err := a.Int("limit")
	if err != nil {
		return nil, err
	}
	if a.Value("limit") == nil {
		if limit = maxAddresses; c.hosts().Cmp(big.NewInt(maxAddresses)) > 0 {
			return nil, value.Errorf(value.KindValue, "%s has more than %d addresses: give a limit", c.prefix, maxAddresses)
		}
	}
	out := value.List{}
	for addr := c.prefix.Addr(); int64(len(out)) < limit && addr.IsValid() && c.prefix.Contains(addr); addr = addr.Next() {
		out = append(out, addr.String())
	}
	return out, nil
}
