package inventory

import (
	"fmt"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

func show(v value.Value) string { return fmt.Sprint(v) }

// dict reads a mapping; null is an empty one.
func dict(v value.Value, what string) (*value.Dict, error) {
	switch v := v.(type) {
	case nil:
		return &value.Dict{}, nil
	case *value.Dict:
		return v, nil
	}
	return nil, value.Errorf(value.KindValue, "%s: want a mapping, got a %s", what, value.TypeName(v))
}

// addYAML reads Ansible's YAML format: groups of hosts, children and vars.
func (inv *Inventory) addYAML(v value.Value) error {
	groups, err := dict(v, "the inventory")
	if err != nil {
		return err
	}
	for _, it := range groups.Items() {
		if err := inv.addYAMLGroup(show(it.Key), it.Value); err != nil {
			return err
		}
	}
	return nil
}

func (inv *Inventory) addYAMLGroup(name string, v value.Value) error {
	parts, err := dict(v, "the group "+name)
	if err != nil {
		return err
	}
	g := inv.group(name)
	for _, part := range parts.Items() {
		what := fmt.Sprintf("%s of the group %s", show(part.Key), name)
		items, err := dict(part.Value, what)
		if err != nil {
			return err
		}
		switch part.Key {
		case "vars":
			merge(g.vars, items)
		case "hosts":
			err = inv.addYAMLHosts(g, items)
		case "children":
			for _, child := range items.Items() {
				g.children.add(show(child.Key))
				if err = inv.addYAMLGroup(show(child.Key), child.Value); err != nil {
					break
				}
			}
		default:
			err = value.Errorf(value.KindValue, "%s: want hosts, children or vars", what)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (inv *Inventory) addYAMLHosts(g *group, hosts *value.Dict) error {
	for _, h := range hosts.Items() {
		vars, err := dict(h.Value, "the host "+show(h.Key))
		if err != nil {
			return err
		}
		if err := inv.addHost(g, show(h.Key), vars); err != nil {
			return err
		}
	}
	return nil
}

// addJSON reads what an inventory program prints: groups, which may be mere lists
// of hosts, and _meta.hostvars.
func (inv *Inventory) addJSON(v value.Value) error {
	groups, err := dict(v, "what the program printed")
	if err != nil {
		return err
	}
	for _, it := range groups.Items() {
		name := show(it.Key)
		if name == "_meta" {
			continue
		}
		parts := &value.Dict{}
		if list, ok := it.Value.(value.List); ok {
			parts.Append("hosts", list)
		} else if parts, err = dict(it.Value, "the group "+name); err != nil {
			return err
		}
		if err := inv.addJSONGroup(inv.group(name), parts); err != nil {
			return err
		}
	}
	meta, _ := groups.Get("_meta")
	if meta, err := dict(meta, "_meta"); err == nil {
		hostvars, _ := meta.Get("hostvars")
		vars, err := dict(hostvars, "_meta.hostvars")
		if err != nil {
			return err
		}
		for _, it := range vars.Items() {
			own, err := dict(it.Value, "the variables of "+show(it.Key))
			if err != nil {
				return err
			}
			merge(inv.Add(show(it.Key)).own, own)
		}
	}
	return nil
}

func (inv *Inventory) addJSONGroup(g *group, parts *value.Dict) error {
	if v, ok := parts.Get("vars"); ok {
		vars, err := dict(v, "the variables of the group "+g.name)
		if err != nil {
			return err
		}
		merge(g.vars, vars)
	}
	hosts, err := names(parts, "hosts", g.name)
	if err != nil {
		return err
	}
	for _, name := range hosts {
		if inv.Add(name); g.name != allGroup && g.name != ungrouped {
			g.hosts.add(name)
		}
	}
	children, err := names(parts, "children", g.name)
	for _, name := range children {
		inv.group(name)
		g.children.add(name)
	}
	return err
}

func names(parts *value.Dict, key, group string) (out []string, err error) {
	v, _ := parts.Get(key)
	switch v := v.(type) {
	case nil:
	case value.List:
		for _, it := range v {
			out = append(out, show(it))
		}
	default:
		err = value.Errorf(value.KindValue, "%s of the group %s: want a list, got a %s", key, group, value.TypeName(v))
	}
	return out, err
}
