package files

import (
	"context"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

const (
	putService = "files.put"
	getService = "files.get"
)

// request is what a caller asks a service for: the list of its fields, in order.
type request struct {
	path      string // there
	name      string // of the root, in a folder that path names
	handle    int64  // where the caller listens
	recursive bool
	into      bool // put: see destination
	special   bool // put: all twelve mode bits count, not only nine
	total     bool // get: send the size ahead
}

func (q request) value() value.Value {
	return value.List{q.path, q.name, q.handle, q.recursive, q.into, q.special, q.total}
}

func readRequest(v value.Value) (q request, err error) {
	list, _ := v.(value.List)
	if len(list) != 7 {
		return q, value.Errorf(value.KindError, "malformed request for a copy")
	}
	var ok [7]bool
	q.path, ok[0] = list[0].(string)
	q.name, ok[1] = list[1].(string)
	q.handle, ok[2] = list[2].(int64)
	q.recursive, ok[3] = list[3].(bool)
	q.into, ok[4] = list[4].(bool)
	q.special, ok[5] = list[5].(bool)
	q.total, ok[6] = list[6].(bool)
	if ok != [7]bool{true, true, true, true, true, true, true} || q.handle <= 0 || q.handle > 1<<32-1 {
		return q, value.Errorf(value.KindError, "malformed request for a copy")
	}
	return q, nil
}

// Services are the far side of Put and Get, for those with authority over this
// context. expand makes a path of one that a person wrote ("~/x"); nil for none.
func Services(expand func(path string) string) map[string]mitogen.Service {
	if expand == nil {
		expand = func(path string) string { return path }
	}
	serve := func(run func(context.Context, *pipe, request) error) mitogen.Service {
		return mitogen.Service{Policy: mitogen.FromParents, Func: func(ctx context.Context, m *mitogen.Message, arg value.Value) (value.Value, error) {
			q, err := readRequest(arg)
			if err != nil {
				return nil, err
			}
			q.path = expand(q.path)
			p, err := newPipe(m.Router.ContextByID(m.Src, ""), uint32(q.handle))
			if err != nil {
				return nil, err
			}
			defer p.close()
			return nil, run(ctx, p, q)
		}}
	}
	return map[string]mitogen.Service{putService: serve(servePut), getService: serve(serveGet)}
}

// plainMode drops the bits that lend a file's owner's authority: one who does not
// ask for them does not get them from a context that may be hostile.
func plainMode(mode uint32) uint32 { return mode & 0o777 }

func servePut(ctx context.Context, p *pipe, q request) error {
	if err := p.hello(ctx); err != nil {
		return err
	}
	r := &receiver{pipe: p, ctx: ctx, dest: destination{q.path, q.name, q.into}, recursive: q.recursive}
	if !q.special {
		r.mode = plainMode
	}
	return r.run()
}

func serveGet(ctx context.Context, p *pipe, q request) error {
	root, err := openSource(q.path, q.recursive)
	if err != nil {
		return err
	}
	defer root.close()
	s := &sender{pipe: p, ctx: ctx}
	return s.run(root, q.total)
}
