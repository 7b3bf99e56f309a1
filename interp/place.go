package interp

import (
	"slices"
	"strings"
)

// The steps of a place that errors show if there are more.
const (
	placeHead = 8
	placeTail = 2
)

// Place gives the text of a place in a value: root, then the steps to it, of which
// the innermost stands first. Of a long way the middle is left out.
func Place(root string, steps []string) string {
	way := slices.Clone(steps)
	slices.Reverse(way)
	if n := len(way); n > placeHead+placeTail+1 {
		way = slices.Concat(way[:placeHead], []string{"…"}, way[n-placeTail:])
	}
	return root + strings.Join(way, "")
}
