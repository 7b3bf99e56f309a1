package ship

import "github.com/mitoscript/mitoscript/mitogen/value"

// check reports why g is not well-formed: a Ref out of range or to a node that
// cannot stand there, lists whose lengths do not fit each other.
func (g *Graph) check() error {
	if err := g.checkRoot(); err != nil {
		return err
	}
	for i, n := range g.Nodes {
		if err := g.checkNode(n); err != nil {
			return value.Errorf(value.KindValue, "node %d: %w", i, err)
		}
	}
	return nil
}

func (g *Graph) checkRoot() error {
	if !g.holds(g.Root) {
		return malformed("the root is not in the graph")
	}
	switch n := g.Nodes[g.Root].(type) {
	case *Func, *Builtin, *Method:
		return nil
	case *ModuleRef:
		if n.Name != "" {
			return nil
		}
	}
	return malformed("the root is not a function")
}

func (g *Graph) checkNode(n Node) error {
	switch n := n.(type) {
	case *Data, *Builtin:
		return nil
	case *Func:
		return g.checkFunc(n)
	case *Cell:
		return g.checkValues(n.Value)
	case *Seq:
		if n.Kind > Set {
			return malformed("unknown kind of sequence")
		}
		return g.checkItems(n.Items)
	case *Map:
		return g.checkMap(n)
	case *Method:
		return g.checkItems([]Ref{n.Recv})
	case *ModuleRef:
		if n.Module == nil {
			return malformed("no module")
		}
		return nil
	case *Foreign:
		if n.Func == nil {
			return malformed("no function")
		}
		return nil
	}
	return malformed("unknown node")
}

func (g *Graph) checkFunc(n *Func) error {
	if n.Source == nil {
		return malformed("no source")
	}
	if len(n.Names) != len(n.Source.Names) || len(n.Cells) != len(n.Source.Cells) || len(n.Defaults) != n.Source.Params {
		return malformed("a function does not fit its source")
	}
	for _, r := range n.Cells {
		if !g.holds(r) {
			return malformed("a reference out of the graph")
		}
		if _, ok := g.Nodes[r].(*Cell); !ok {
			return malformed("a captured variable is not a cell")
		}
	}
	if err := g.checkValues(n.Names...); err != nil {
		return err
	}
	return g.checkValues(n.Defaults...)
}

func (g *Graph) checkMap(n *Map) error {
	if n.Kind > Table {
		return malformed("unknown kind of map")
	}
	if len(n.Keys) != len(n.Vals) {
		return malformed("a map has other keys than values")
	}
	if n.Meta != None && n.Kind != Table {
		return malformed("a metatable of what is no table")
	}
	if err := g.checkValues(n.Meta); err != nil {
		return err
	}
	if err := g.checkItems(n.Keys); err != nil {
		return err
	}
	return g.checkItems(n.Vals)
}

// checkItems wants references to values, without None.
func (g *Graph) checkItems(refs []Ref) error {
	for _, r := range refs {
		if r == None {
			return malformed("a reference to nothing")
		}
	}
	return g.checkValues(refs...)
}

// checkValues wants references to values, or None.
func (g *Graph) checkValues(refs ...Ref) error {
	for _, r := range refs {
		if r == None {
			continue
		}
		if !g.holds(r) {
			return malformed("a reference out of the graph")
		}
		if _, ok := g.Nodes[r].(*Cell); ok {
			return malformed("a cell stands for a value")
		}
	}
	return nil
}

func (g *Graph) holds(r Ref) bool { return r >= 0 && int(r) < len(g.Nodes) }

func malformed(why string) error { return value.Errorf(value.KindValue, "malformed graph: %s", why) }
