package mito

import (
	"context"
	"slices"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// class is a type of object: its attributes and methods. It is not changed once
// it was made.
type class[T interp.Object] struct {
	name    string
	attrs   []attr[T]
	methods []method[T]
}

type attr[T interp.Object] struct {
	name string
	get  func(self T) value.Value
	set  func(self T, v value.Value) error // nil: read-only
}

type method[T interp.Object] struct {
	fn   interp.Func // its Impl is made by ready
	impl func(ctx context.Context, self T, a *interp.Args) (value.Value, error)
}

func (c *class[T]) get(self T, name string) (value.Value, bool) {
	for i := range c.attrs {
		if c.attrs[i].name == name {
			return c.attrs[i].get(self), true
		}
	}
	for i := range c.methods {
		if c.methods[i].fn.Name == name {
			return &c.methods[i].fn, true
		}
	}
	return nil, false
}

// ready gives the methods their Impl, once all are there.
func (c *class[T]) ready() *class[T] {
	for i := range c.methods {
		m := &c.methods[i]
		m.fn.Method = true
		m.fn.Impl = func(ctx context.Context, a *interp.Args) (value.Value, error) {
			return m.impl(ctx, a.Self.(T), a)
		}
	}
	return c
}

func (c *class[T]) set(self T, name string, v value.Value) error {
	for _, at := range c.attrs {
		if at.name == name && at.set != nil {
			return at.set(self, v)
		}
	}
	if slices.Contains(c.names(), name) {
		return value.Errorf(value.KindError, "%s: attribute %s cannot be set", c.name, name)
	}
	return value.Errorf(value.KindError, "%s has no attribute %s", c.name, name)
}

func (c *class[T]) names() []string {
	var names []string
	for _, at := range c.attrs {
		names = append(names, at.name)
	}
	for _, m := range c.methods {
		names = append(names, m.fn.Name)
	}
	slices.Sort(names)
	return names
}

// inherit adds what c does not have from base; up gives the part of a T that is an S.
func inherit[T, S interp.Object](c *class[T], base *class[S], up func(T) S) {
	own := c.names()
	for _, at := range base.attrs {
		if slices.Contains(own, at.name) {
			continue
		}
		inherited := attr[T]{name: at.name, get: func(self T) value.Value { return at.get(up(self)) }}
		if at.set != nil {
			inherited.set = func(self T, v value.Value) error { return at.set(up(self), v) }
		}
		c.attrs = append(c.attrs, inherited)
	}
	for _, m := range base.methods {
		if slices.Contains(own, m.fn.Name) {
			continue
		}
		c.methods = append(c.methods, method[T]{m.fn, func(ctx context.Context, self T, a *interp.Args) (value.Value, error) {
			return m.impl(ctx, up(self), a)
		}})
	}
}

// classes are those of a Runtime.
type classes struct {
	context  *class[*contextObject]
	chain    *class[*chainObject]
	router   *class[*routerObject]
	broker   *class[*brokerObject]
	stream   *class[*streamObject]
	receiver *class[*receiverObject]
	sender   *class[*senderObject]
	channel  *class[*channelObject]
	message  *class[*messageObject]
	latch    *class[*latchObject]
	sel      *class[*selectObject]
	event    *class[*eventObject]
	econtext *class[*econtextObject]
}

func newClasses() *classes {
	return &classes{
		context: contextClass().ready(), chain: chainClass().ready(), router: routerClass().ready(), broker: brokerClass().ready(),
		stream: streamClass().ready(), receiver: receiverClass().ready(), sender: senderClass().ready(), channel: channelClass().ready(),
		message: messageClass().ready(), latch: latchClass().ready(), sel: selectClass().ready(), event: eventClass().ready(),
		econtext: econtextClass().ready(),
	}
}

// done is the value of a function that returns nothing.
func done(err error) (value.Value, error) { return nil, err }
