//go:build unix && !linux

package child

// adoptOrphans does nothing: there is no way to, here.
func adoptOrphans() {}

// endDescendants does nothing: what left its process group is not known.
func endDescendants([]int) {}
