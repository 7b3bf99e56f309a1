package inventory

import (
	"slices"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// allGroup is the group of all hosts, ungrouped that of those in no other.
const (
	allGroup  = "all"
	ungrouped = "ungrouped"
)

// Host is a host of an inventory.
type Host struct {
	Name string
	// Groups are those that it is in, by name; "all" is not among them.
	Groups []string
	// Vars are its own variables and those of its groups: its own win, then those of
	// the groups that are deepest.
	Vars *value.Dict

	own *value.Dict
}

// Inventory is a set of hosts and groups, in the order in which they were named.
type Inventory struct {
	hosts  []*Host
	byName map[string]*Host
	groups map[string]*group
	order  []string // the groups' names
}

type group struct {
	name     string
	hosts    []string
	children []string
	vars     *value.Dict
}

// New returns an Inventory without hosts.
func New() *Inventory {
	inv := &Inventory{byName: map[string]*Host{}, groups: map[string]*group{}}
	inv.group(allGroup)
	return inv
}

// Hosts are all hosts, in the inventory's order.
func (inv *Inventory) Hosts() []*Host { return inv.hosts }

// Host is the host with that name; nil for none.
func (inv *Inventory) Host(name string) *Host { return inv.byName[name] }

// Add makes sure that there is a host with that name.
func (inv *Inventory) Add(name string) *Host {
	h := inv.byName[name]
	if h == nil {
		h = &Host{Name: name, own: &value.Dict{}, Vars: &value.Dict{}}
		inv.byName[name] = h
		inv.hosts = append(inv.hosts, h)
	}
	return h
}

func (inv *Inventory) group(name string) *group {
	g := inv.groups[name]
	if g == nil {
		g = &group{name: name, vars: &value.Dict{}}
		inv.groups[name] = g
		inv.order = append(inv.order, name)
	}
	return g
}

func (g *group) add(host string) {
	if !slices.Contains(g.hosts, host) {
		g.hosts = append(g.hosts, host)
	}
}

func (g *group) adopt(child string) {
	if !slices.Contains(g.children, child) {
		g.children = append(g.children, child)
	}
}

// finish works out which groups the hosts are in, and their variables. A group that
// contains itself is a ValueError.
func (inv *Inventory) finish() error {
	depth := map[string]int{}
	for _, name := range inv.order {
		if err := inv.measure(name, 1, depth, nil); err != nil {
			return err
		}
	}
	for _, h := range inv.hosts {
		h.Groups = nil
		for _, name := range inv.order {
			if name != allGroup && slices.Contains(inv.members(name), h.Name) {
				h.Groups = append(h.Groups, name)
			}
		}
		if len(h.Groups) == 0 {
			inv.group(ungrouped).add(h.Name)
			depth[ungrouped] = 1
			h.Groups = []string{ungrouped}
		}
		h.Vars = &value.Dict{}
		merge(h.Vars, inv.groups[allGroup].vars)
		shallow := slices.Clone(h.Groups)
		slices.SortStableFunc(shallow, func(a, b string) int { return depth[a] - depth[b] })
		for _, name := range shallow {
			merge(h.Vars, inv.groups[name].vars)
		}
		merge(h.Vars, h.own)
		slices.Sort(h.Groups)
	}
	return nil
}

// measure finds how deep groups are in others.
func (inv *Inventory) measure(name string, at int, depth map[string]int, path []string) error {
	if slices.Contains(path, name) {
		return value.Errorf(value.KindValue, "the group %s contains itself", name)
	}
	depth[name] = max(depth[name], at)
	for _, child := range inv.group(name).children {
		if err := inv.measure(child, at+1, depth, append(path, name)); err != nil {
			return err
		}
	}
	return nil
}

// members are the names of the hosts in a group and in those below it.
func (inv *Inventory) members(name string) []string {
	if name == allGroup {
		var all []string
		for _, h := range inv.hosts {
			all = append(all, h.Name)
		}
		return all
	}
	g := inv.groups[name]
	out := slices.Clone(g.hosts)
	for _, child := range g.children {
		out = append(out, inv.members(child)...)
	}
	return out
}

func merge(to, from *value.Dict) {
	for _, it := range from.Items() {
		_ = to.Set(it.Key, it.Value) // it was a key before
	}
}
