package interptest

import (
	"context"
	"fmt"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// point has attributes, can be set, unpacked and used as a key, and travels.
type point struct{ id, x int64 }

func (p *point) TypeName() string    { return "Point" }
func (p *point) AttrNames() []string { return []string{"add", "id", "x"} }
func (p *point) Show() string        { return fmt.Sprintf("point(%d, %d)", p.id, p.x) }
func (p *point) Key() any            { return p.id }
func (p *point) Port() (value.Value, error) {
	return value.ContextRef{ID: uint32(p.id), Name: fmt.Sprint(p.x)}, nil
}
func (p *point) Unpack() ([]value.Value, error) { return []value.Value{p.id, p.x}, nil }

func (p *point) Attr(name string) (value.Value, bool) {
	switch name {
	case "id":
		return p.id, true
	case "x":
		return p.x, true
	case "add":
		return &interp.Func{
			Name: name, Params: []interp.Param{{Name: "n", Required: true}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				n, err := a.Int("n")
				p.x += n
				return p.x, err
			},
		}, true
	}
	return nil, false
}

func (p *point) SetAttr(_ context.Context, name string, v value.Value) error {
	x, ok := v.(int64)
	if name != "x" || !ok {
		return value.Errorf(value.KindError, "Point: cannot set %s", name)
	}
	p.x = x
	return nil
}

// bindRef makes a point of a reference that arrived.
func bindRef(v value.Value) (interp.Object, bool) {
	ref, ok := v.(value.ContextRef)
	if !ok {
		return nil, false
	}
	p := &point{id: int64(ref.ID)}
	_, _ = fmt.Sscan(ref.Name, &p.x)
	return p, true
}

// counter gives the numbers below n, then err; it stays where it is.
type counter struct {
	n, next int64
	err     error
}

func (c *counter) TypeName() string                { return "Counter" }
func (c *counter) AttrNames() []string             { return nil }
func (c *counter) Attr(string) (value.Value, bool) { return nil, false }
func (c *counter) Len() int                        { return int(c.n - c.next) }

func (c *counter) Next(context.Context) (value.Value, bool, error) {
	if c.next >= c.n {
		return nil, false, c.err
	}
	c.next++
	return c.next - 1, true, nil
}
