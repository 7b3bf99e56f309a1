package main

import (
	"context"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// hostBook is the selection of hosts that scripts see.
type hostBook interface {
	// Hosts are those selected that the pattern means too; "" means all.
	Hosts(ctx context.Context, pattern string) (value.List, error)
	// Connect leads to a host. become is a user to become, "" for what the inventory
	// says; off is for none.
	Connect(ctx context.Context, name, become string, off bool) (*mitogen.Context, error)
}

// inventoryModule is the module inventory. book is nil in children.
func inventoryModule(book hostBook, show func(*mitogen.Context) value.Value) *interp.Module {
	fn := func(name, doc string, impl func(ctx context.Context, a *interp.Args) (value.Value, error), params ...interp.Param) *interp.Func {
		return &interp.Func{Name: name, Doc: doc, Params: params, Blocking: true, NoTarget: "only the master has an inventory",
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
				if book == nil {
					return nil, a.Errorf("only the master has an inventory")
				}
				return impl(ctx, a)
			}}
	}
	return &interp.Module{Name: "inventory", Doc: "The hosts that the command line selects.", Funcs: []*interp.Func{
		fn("hosts", "Returns a list of records with name, hostname, port, username, vars and groups.",
			func(ctx context.Context, a *interp.Args) (value.Value, error) {
				pattern, err := a.String("pattern")
				if err != nil {
					return nil, err
				}
				list, err := book.Hosts(ctx, pattern)
				if err != nil {
					return nil, err
				}
				return list, nil
			}, interp.Param{Name: "pattern", Doc: "Which of them: \"web\", \"web*:!web3\", …; None for all."}),
		fn("connect", "Returns a Context on a host, reached as the inventory says.",
			func(ctx context.Context, a *interp.Args) (value.Value, error) {
				name, err := hostName(a)
				if err != nil {
					return nil, err
				}
				become, off := "", false
				switch v := a.Value("become").(type) {
				case nil:
				case bool:
					if off = !v; v {
						become = "root"
					}
				case string:
					become = v
				default:
					return nil, a.Errorf("argument become: want a user, True or False, got %s", value.TypeName(v))
				}
				c, err := book.Connect(ctx, name, become, off)
				if err != nil {
					return nil, err
				}
				return show(c), nil
			},
			interp.Param{Name: "host", Doc: "A record of hosts(), or a name.", Required: true},
			interp.Param{Name: "become", Doc: "A user to become there, True for root, False for nobody; None for what the inventory says."}),
	}}
}

// hostName reads a record of hosts, or a name.
func hostName(a *interp.Args) (string, error) {
	switch v := a.Value("host").(type) {
	case string:
		return v, nil
	case *value.Struct:
		name, _ := v.Get("name")
		if s, ok := name.(string); ok {
			return s, nil
		}
	}
	return "", a.Errorf("argument host: want a record of inventory.hosts() or a name, got %s", value.TypeName(a.Value("host")))
}
