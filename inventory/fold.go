package inventory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fold writes names as a pattern that means them, numbers in a row as a range:
// "web[1-3],db". Names that differ in one number stand together, by that number.
func Fold(names []string) string {
	type key struct{ head, tail string }
	var keys []key
	members := map[key][]string{} // the digits between head and tail, or "" if there are none
	for _, name := range names {
		from, to := digits(name)
		k := key{name[:from], name[to:]}
		if _, known := members[k]; !known {
			keys = append(keys, k)
		}
		members[k] = append(members[k], name[from:to])
	}
	var parts []string
	for _, k := range keys {
		numbers := members[k]
		slices.SortStableFunc(numbers, func(a, b string) int { return number(a) - number(b) })
		for len(numbers) > 0 {
			n := row(numbers)
			if n > 2 {
				parts = append(parts, fmt.Sprintf("%s[%s-%s]%s", k.head, numbers[0], numbers[n-1], k.tail))
			} else {
				n = 1
				parts = append(parts, k.head+numbers[0]+k.tail)
			}
			numbers = numbers[n:]
		}
	}
	return strings.Join(parts, ",")
}

// row is how many of the numbers, from the first on, follow one another.
func row(numbers []string) int {
	first := number(numbers[0])
	n := 1
	for n < len(numbers) && numbers[0] != "" && numbers[n] == fmt.Sprintf("%0*d", len(numbers[0]), first+n) {
		n++
	}
	return n
}

// maxDigits is how long a number may be that is one of a row.
const maxDigits = 9

func number(digits string) int {
	n, _ := strconv.Atoi(digits) // "" is none
	return n
}

// digits is where the number of a name stands: the last one of its first label, or,
// if that is nothing but a number (an address), the last one of all.
func digits(name string) (from, to int) {
	label, _, _ := strings.Cut(name, ".")
	if strings.Trim(label, "0123456789") == "" {
		label = name
	}
	to = strings.LastIndexAny(label, "0123456789") + 1
	from = to
	for from > 0 && name[from-1] >= '0' && name[from-1] <= '9' {
		from--
	}
	if to-from > maxDigits {
		return 0, 0
	}
	return from, to
}
