//go:build !child

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mitoscript/mitoscript/inventory"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
)

func inventoryCmd() *cobra.Command {
	f, s := &runFlags{}, &selection{}
	var list, graph bool
	var host string
	cmd := &cobra.Command{
		Use:   "inventory [flags]",
		Short: "shows which hosts are selected, and what is known of them",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return withMaster(f, func(m *master) error {
				inv, err := s.load(m.ctx, m)
				if err != nil {
					return err
				}
				if host != "" {
					return showHost(inv, host)
				}
				hosts, err := s.hosts(inv)
				switch {
				case err != nil:
					return err
				case list:
					return printJSON(asJSON(inv, hosts))
				case graph:
					fmt.Print(inv.Graph(hosts))
				default:
					for _, h := range hosts {
						fmt.Println(h.Name)
					}
				}
				return nil
			})
		},
	}
	f.addLogging(cmd)
	s.addHosts(cmd)
	cmd.Flags().BoolVar(&list, "list", false, "print all as JSON, in the form of an inventory program")
	cmd.Flags().BoolVar(&graph, "graph", false, "print the groups as a tree")
	cmd.Flags().StringVar(&host, "host", "", "print the variables of this host as JSON")
	cmd.MarkFlagsMutuallyExclusive("list", "graph", "host")
	return cmd
}

// withMaster does something with a master that runs no script.
func withMaster(f *runFlags, do func(m *master) error) error {
	log, closeLog, err := newLog(f)
	if err != nil {
		return err
	}
	defer func() { _ = closeLog() }()
	m, err := newMaster(f, script{}, nil, log, masterOptions{})
	if err != nil {
		return err
	}
	return m.conduct(f, "the command", func() error { return do(m) })
}

func showHost(inv *inventory.Inventory, name string) error {
	h := inv.Host(name)
	if h == nil {
		return usageError("the inventory has no host %s", name)
	}
	return printJSON(h.Vars)
}

func printJSON(v value.Value) error {
	text, err := json.Encode(v, format.Options{Indent: "  "})
	if err != nil {
		return &statusError{status: exitScript, err: err}
	}
	fmt.Println(strings.TrimRight(text, "\n"))
	return nil
}

// asJSON is what an inventory program would print of the hosts.
func asJSON(inv *inventory.Inventory, hosts []*inventory.Host) value.Value {
	out, vars := &value.Dict{}, &value.Dict{}
	for _, g := range inv.Groups(hosts) {
		parts := &value.Dict{}
		if len(g.Hosts) > 0 {
			parts.Append("hosts", texts(g.Hosts))
		}
		if len(g.Children) > 0 {
			parts.Append("children", texts(g.Children))
		}
		out.Append(g.Name, parts)
	}
	for _, h := range hosts {
		vars.Append(h.Name, h.Vars)
	}
	meta := &value.Dict{}
	meta.Append("hostvars", vars)
	out.Append("_meta", meta)
	return out
}

func texts(items []string) value.List {
	out := make(value.List, len(items))
	for i, s := range items {
		out[i] = s
	}
	return out
}
