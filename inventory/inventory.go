package inventory

import (
	"cmp"
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

// finish works out which groups the hosts are in, and their variables. A group that
// contains itself is a ValueError.
func (inv *Inventory) finish() error {
	depth, err := inv.depths()
	if err != nil {
		return err
	}
	above := inv.aboveHosts()
	for _, h := range inv.hosts {
		if len(above[h.Name]) == 0 {
			inv.group(ungrouped).hosts.add(h.Name)
			above[h.Name] = []string{ungrouped}
		}
	}
	place := map[string]int{}
	for i, name := range inv.order {
		place[name] = i
	}
	parents := inv.parents()
	for _, h := range inv.hosts {
		h.Groups = ancestors(above[h.Name], parents)
		slices.SortFunc(h.Groups, func(a, b string) int {
			return cmp.Or(cmp.Compare(depth[a], depth[b]), cmp.Compare(place[a], place[b]))
		})
		h.Vars = &value.Dict{}
		merge(h.Vars, inv.groups[allGroup].vars)
		for _, name := range h.Groups {
			merge(h.Vars, inv.groups[name].vars)
		}
		merge(h.Vars, h.own)
		slices.Sort(h.Groups)
	}
	return nil
}

func merge(to, from *value.Dict) {
	for _, it := range from.Items() {
		_ = to.Set(it.Key, it.Value) // it was a key before
	}
}
