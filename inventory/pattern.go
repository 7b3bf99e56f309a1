package inventory

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Last is what became of hosts in the last run, for @failed and @unreachable.
type Last struct {
	Failed      []string `json:"failed"`
	Unreachable []string `json:"unreachable"`
}

// Select gives the hosts that a pattern means, in the inventory's order; "" means
// all. Terms are separated by commas or colons: names, groups, globs, ~regular
// expressions, node[1-50], @file, @failed, @unreachable; with & in front only what
// both have is meant, with ! what the term has is left out. A term that matches
// nothing is a ValueError.
func (inv *Inventory) Select(pattern string, last Last) ([]*Host, error) {
	chosen := map[string]bool{}
	var must, not []string
	some := false
	terms := splitTerms(pattern)
	if len(terms) == 0 && pattern != "" {
		return nil, value.Errorf(value.KindValue, "the pattern %q names nothing", pattern)
	}
	for _, term := range terms {
		if term == "&" || term == "!" {
			return nil, value.Errorf(value.KindValue, "the pattern %q: nothing follows %s", pattern, term)
		}
		switch term[0] {
		case '&':
			must = append(must, term[1:])
			continue
		case '!':
			not = append(not, term[1:])
			continue
		}
		some = true
		names, err := inv.term(term, last)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			return nil, value.Errorf(value.KindValue, "the pattern %q matches no host", term)
		}
		for _, n := range names {
			chosen[n] = true
		}
	}
	if !some {
		for _, h := range inv.hosts {
			chosen[h.Name] = true
		}
	}
	if err := inv.reduce(chosen, must, last, true); err != nil {
		return nil, err
	}
	if err := inv.reduce(chosen, not, last, false); err != nil {
		return nil, err
	}
	var out []*Host
	for _, h := range inv.hosts {
		if chosen[h.Name] {
			out = append(out, h)
		}
	}
	if len(out) == 0 && pattern != "" {
		return nil, value.Errorf(value.KindValue, "the pattern %q matches no host", pattern)
	}
	return out, nil
}

// reduce keeps those that the terms match, or those that they do not.
func (inv *Inventory) reduce(chosen map[string]bool, terms []string, last Last, keep bool) error {
	for _, term := range terms {
		names, err := inv.term(term, last)
		if err != nil {
			return err
		}
		matched := map[string]bool{}
		for _, name := range names {
			matched[name] = true
		}
		for name := range chosen {
			if matched[name] != keep {
				delete(chosen, name)
			}
		}
	}
	return nil
}

// splitTerms splits at commas, and at colons outside brackets.
func splitTerms(pattern string) []string {
	var out []string
	depth, start := 0, 0
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	regex := strings.HasPrefix(pattern, "~")
	for i, c := range pattern {
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == ',' || c == ':' && depth <= 0 && !regex:
			add(pattern[start:i])
			start = i + 1
			regex = strings.HasPrefix(pattern[start:], "~")
		}
	}
	add(pattern[start:])
	return out
}

// term gives the names that one term means.
func (inv *Inventory) term(term string, last Last) ([]string, error) {
	switch {
	case term == "@failed":
		return inv.known(last.Failed), nil
	case term == "@unreachable":
		return inv.known(last.Unreachable), nil
	case strings.HasPrefix(term, "@"):
		return inv.listed(term[1:], last)
	case strings.HasPrefix(term, "~"):
		re, err := regexp.Compile("^(?:" + term[1:] + ")")
		if err != nil {
			return nil, value.Errorf(value.KindValue, "the pattern %q: %w", term, err)
		}
		return inv.matching(re.MatchString), nil
	case term == "*" || term == allGroup:
		return inv.members(allGroup), nil
	case inv.byName[term] != nil:
		return []string{term}, nil
	case inv.groups[term] != nil:
		return inv.members(term), nil
	}
	if names, ok := inv.slice(term); ok {
		return names, nil
	}
	if names, err := expand(term, "-"); err == nil && len(names) > 1 {
		return inv.ranged(names), nil
	}
	if _, err := path.Match(term, ""); err != nil {
		return nil, value.Errorf(value.KindValue, "the pattern %q: %w", term, err)
	}
	return inv.matching(func(name string) bool { ok, _ := path.Match(term, name); return ok }), nil
}

// matching are the hosts whose names match, or one of whose groups'.
func (inv *Inventory) matching(match func(name string) bool) (out []string) {
	for _, h := range inv.hosts {
		if match(h.Name) || slices.ContainsFunc(h.Groups, match) {
			out = append(out, h.Name)
		}
	}
	return out
}

func (inv *Inventory) known(names []string) (out []string) {
	for _, n := range names {
		if inv.byName[n] != nil {
			out = append(out, n)
		}
	}
	return out
}

// ranged are the hosts, groups and globs that the names of a range are.
func (inv *Inventory) ranged(names []string) (out []string) {
	for _, n := range names {
		switch {
		case inv.byName[n] != nil:
			out = append(out, n)
		case inv.groups[n] != nil:
			out = append(out, inv.members(n)...)
		case strings.ContainsAny(n, "*?"):
			out = append(out, inv.matching(func(name string) bool { ok, _ := path.Match(n, name); return ok })...)
		}
	}
	return out
}

// listed reads terms from a file, one a line.
func (inv *Inventory) listed(file string, last Last) (out []string, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, value.Errorf(value.KindValue, "cannot read the list of hosts: %w", err)
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' || line[0] == '@' {
			continue
		}
		names, err := inv.term(line, last)
		if err != nil {
			return nil, err
		}
		out = append(out, names...)
	}
	return out, nil
}

// slice reads "group[0]", "group[-1]" and "group[0:9]" (the last counts).
func (inv *Inventory) slice(term string) ([]string, bool) {
	name, rest, ok := strings.Cut(term, "[")
	if !ok || !strings.HasSuffix(rest, "]") || inv.groups[name] == nil {
		return nil, false
	}
	members := inv.members(name)
	lo, hi, isRange := strings.Cut(strings.TrimSuffix(rest, "]"), ":")
	if !isRange {
		hi = lo
	}
	from, err1 := index(lo, 0, len(members))
	to, err2 := index(hi, len(members)-1, len(members))
	if err1 != nil || err2 != nil || from < 0 || from >= len(members) || to < from {
		return nil, err1 == nil && err2 == nil
	}
	return members[from:min(to+1, len(members))], true
}

func index(s string, def, n int) (int, error) {
	if s == "" {
		return def, nil
	}
	i, err := strconv.Atoi(s)
	if i < 0 {
		i += n
	}
	return i, err
}
