package interp

import (
	"strings"
	"unicode/utf8"
)

// Hint is what an error about an unknown name says of those that there are: the
// one that was probably meant, else all of them after lead.
func Hint(name string, known []string, lead string) string {
	if near := Nearest(name, known); near != "" {
		return " (did you mean " + near + "?)"
	}
	if len(known) == 0 {
		return ""
	}
	return " (" + lead + " " + strings.Join(known, ", ") + ")"
}

// Nearest is the known name that few edits make of name, "" if none is near.
func Nearest(name string, known []string) string {
	best, found := utf8.RuneCountInString(name)/3, ""
	if best == 0 {
		return ""
	}
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(strings.TrimSuffix(k, "_"))); d < best || d == best && found == "" {
			best, found = d, k
		}
	}
	return found
}

// distance is how many runes must be inserted, deleted or replaced.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
