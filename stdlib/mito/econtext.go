package mito

import (
	"context"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// econtextObject is what a function marked with takes_econtext receives.
type econtextObject struct{ rt *Runtime }

func (o *econtextObject) TypeName() string { return "ExternalContext" }
func (o *econtextObject) Attr(name string) (value.Value, bool) {
	return o.rt.classes.econtext.get(o, name)
}
func (o *econtextObject) AttrNames() []string { return o.rt.classes.econtext.names() }
func (o *econtextObject) Key() any            { return o.rt }

func econtextClass() *class[*econtextObject] {
	type self = *econtextObject
	return &class[self]{
		name: "ExternalContext",
		attrs: []attr[self]{
			{name: "router", get: func(o self) value.Value { return o.rt.main }},
			{name: "broker", get: func(o self) value.Value { return o.rt.broker(o.rt.main.r.Broker()) }},
			{name: "context", get: func(o self) value.Value { return o.rt.Context(o.rt.main.r.Myself()) }},
			{name: "parent", get: func(o self) value.Value { return o.rt.Context(o.rt.main.r.Parent()) }},
			{name: "master", get: func(o self) value.Value { return o.rt.Context(o.rt.main.r.Master()) }},
			{name: "context_id", get: func(o self) value.Value { return int64(o.rt.main.r.ID()) }},
			{name: "parent_ids", get: func(o self) value.Value { return o.rt.parentIDs() }},
		},
		methods: []method[self]{
			{interp.Func{Name: "detach", Doc: "Makes the context and its subtree outlive the link to its parent.", Blocking: true},
				func(ctx context.Context, o self, a *interp.Args) (value.Value, error) {
					if o.rt.opts.Detach == nil {
						return nil, a.Errorf("this context cannot be detached")
					}
					return done(o.rt.opts.Detach(ctx))
				}},
		},
	}
}

func (rt *Runtime) parentIDs() value.Value {
	ids := value.List{}
	for _, id := range rt.opts.Router.ParentIDs() {
		ids = append(ids, int64(id))
	}
	return ids
}
