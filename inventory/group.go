package inventory

import (
	"github.com/mitoscript/mitoscript/mitogen/value"
)

type group struct {
	name     string
	hosts    nameSet
	children nameSet
	vars     *value.Dict
}

// nameSet is a set of names that keeps their order.
type nameSet struct {
	names []string
	has   map[string]bool
}

// add reports whether the name is new.
func (s *nameSet) add(name string) bool {
	if s.has[name] {
		return false
	}
	if s.has == nil {
		s.has = map[string]bool{}
	}
	s.has[name] = true
	s.names = append(s.names, name)
	return true
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

// depths says how deep groups are in others, at most. A group that contains itself is a
// ValueError. Each group is looked at once, however many ways lead to it.
func (inv *Inventory) depths() (map[string]int, error) {
	const visiting, done = 1, 2
	state := map[string]int{}
	var inward []string // children before those that contain them
	var visit func(name string) error
	visit = func(name string) error {
		switch state[name] {
		case visiting:
			return value.Errorf(value.KindValue, "the group %s contains itself", name)
		case done:
			return nil
		}
		state[name] = visiting
		for _, child := range inv.group(name).children.names {
			if err := visit(child); err != nil {
				return err
			}
		}
		state[name] = done
		inward = append(inward, name)
		return nil
	}
	for i := 0; i < len(inv.order); i++ { // children may be groups that nothing else names
		if err := visit(inv.order[i]); err != nil {
			return nil, err
		}
	}
	depth := map[string]int{}
	for i := len(inward) - 1; i >= 0; i-- {
		name := inward[i]
		depth[name] = max(depth[name], 1)
		for _, child := range inv.groups[name].children.names {
			depth[child] = max(depth[child], depth[name]+1)
		}
	}
	return depth, nil
}

// aboveHosts gives the groups that name a host as theirs; "all" is not among them.
func (inv *Inventory) aboveHosts() map[string][]string {
	above := map[string][]string{}
	for _, name := range inv.order {
		if name == allGroup {
			continue
		}
		for _, host := range inv.groups[name].hosts.names {
			above[host] = append(above[host], name)
		}
	}
	return above
}

// parents gives the groups that name a group as a child; "all" is not among them.
func (inv *Inventory) parents() map[string][]string {
	parents := map[string][]string{}
	for _, name := range inv.order {
		if name == allGroup {
			continue
		}
		for _, child := range inv.groups[name].children.names {
			parents[child] = append(parents[child], name)
		}
	}
	return parents
}

// ancestors are the groups, and those that contain them.
func ancestors(groups []string, parents map[string][]string) []string {
	var all nameSet
	for _, name := range groups {
		all.add(name)
	}
	for i := 0; i < len(all.names); i++ {
		for _, name := range parents[all.names[i]] {
			all.add(name)
		}
	}
	return all.names
}

// members are the names of the hosts in a group and in those below it, each once.
func (inv *Inventory) members(name string) []string {
	if name == allGroup {
		all := make([]string, len(inv.hosts))
		for i, h := range inv.hosts {
			all[i] = h.Name
		}
		return all
	}
	var hosts, seen nameSet
	var collect func(name string)
	collect = func(name string) {
		if !seen.add(name) {
			return
		}
		g := inv.groups[name]
		for _, host := range g.hosts.names {
			hosts.add(host)
		}
		for _, child := range g.children.names {
			collect(child)
		}
	}
	collect(name)
	return hosts.names
}
