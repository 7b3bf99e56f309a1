package report

import (
	"cmp"
	"strings"
)

// compareNames orders names as people do: numbers in them by their value.
func compareNames(a, b string) int {
	for a != "" && b != "" {
		numA, restA := number(a)
		numB, restB := number(b)
		if numA == "" || numB == "" {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		shortA, shortB := strings.TrimLeft(numA, "0"), strings.TrimLeft(numB, "0")
		if c := cmp.Or(cmp.Compare(len(shortA), len(shortB)), cmp.Compare(shortA, shortB), cmp.Compare(numA, numB)); c != 0 {
			return c
		}
		a, b = restA, restB
	}
	return cmp.Compare(len(a), len(b))
}

// number takes the digits off the front of a name.
func number(name string) (digits, rest string) {
	n := 0
	for n < len(name) && name[n] >= '0' && name[n] <= '9' {
		n++
	}
	return name[:n], name[n:]
}
