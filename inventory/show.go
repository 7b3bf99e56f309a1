package inventory

import "strings"

// Group is a group as a selection shows it.
type Group struct {
	Name            string
	Hosts, Children []string
}

// Groups are the groups, with those of their own hosts that were selected. Groups in
// no other are children of "all".
func (inv *Inventory) Groups(hosts []*Host) []Group {
	selected := map[string]bool{}
	for _, h := range hosts {
		selected[h.Name] = true
	}
	inner := map[string]bool{}
	for _, name := range inv.order {
		if name != allGroup {
			for _, child := range inv.groups[name].children.names {
				inner[child] = true
			}
		}
	}
	var out []Group
	all := Group{Name: allGroup}
	for _, name := range inv.order {
		if name == allGroup {
			continue
		}
		g := Group{Name: name, Children: inv.groups[name].children.names}
		for _, h := range inv.groups[name].hosts.names {
			if selected[h] {
				g.Hosts = append(g.Hosts, h)
			}
		}
		if name == ungrouped && len(g.Hosts) == 0 {
			continue
		}
		if !inner[name] {
			all.Children = append(all.Children, name)
		}
		out = append(out, g)
	}
	return append([]Group{all}, out...)
}

// Graph is the tree of groups and selected hosts, as text. What is in a group is drawn
// where it comes first.
func (inv *Inventory) Graph(hosts []*Host) string {
	byName := map[string]Group{}
	for _, g := range inv.Groups(hosts) {
		byName[g.Name] = g
	}
	var b strings.Builder
	drawn := map[string]bool{}
	var draw func(name, indent string)
	draw = func(name, indent string) {
		if drawn[name] {
			b.WriteString(indent + "@" + name + ": as above\n")
			return
		}
		drawn[name] = true
		b.WriteString(indent + "@" + name + ":\n")
		deeper := strings.TrimSuffix(indent, "--") + "  |--"
		for _, child := range byName[name].Children {
			draw(child, deeper)
		}
		for _, h := range byName[name].Hosts {
			b.WriteString(deeper + h + "\n")
		}
	}
	draw(allGroup, "")
	return b.String()
}
