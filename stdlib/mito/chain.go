package mito

import (
	"context"
	"strconv"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// chainObject is a CallChain: after a failure its later calls fail alike.
type chainObject struct {
	o    *contextObject
	name string // "" if its calls are independent
}

func (c *chainObject) TypeName() string                     { return "CallChain" }
func (c *chainObject) Attr(name string) (value.Value, bool) { return c.o.rt.classes.chain.get(c, name) }
func (c *chainObject) AttrNames() []string                  { return c.o.rt.classes.chain.names() }

func contextChain(_ context.Context, o *contextObject, a *interp.Args) (value.Value, error) {
	pipelined, err := a.Bool("pipelined")
	if err != nil {
		return nil, err
	}
	c := &chainObject{o: o}
	if pipelined {
		c.name = strconv.FormatUint(o.rt.chains.Add(1), 10)
	}
	return c, nil
}

func chainClass() *class[*chainObject] {
	type self = *chainObject
	return &class[self]{
		name: "CallChain",
		attrs: []attr[self]{
			{name: "context", get: func(c self) value.Value { return c.o }},
		},
		methods: append(callMethods(func(c self) (*contextObject, string) { return c.o, c.name }),
			method[self]{interp.Func{Name: "reset", Doc: "Forgets the failure: later calls run again."}, chainReset}),
	}
}

func chainReset(ctx context.Context, c *chainObject, a *interp.Args) (value.Value, error) {
	if c.name == "" {
		return nil, nil
	}
	e, err := c.o.c.EncodeCall(&mitogen.Call{Chain: c.name}, mitogen.CallNames{})
	if err != nil {
		return nil, err
	}
	return c.o.tell(ctx, a, prepared{EncodedCall: e})
}
