package inventory

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// addINI reads Ansible's INI format.
func (inv *Inventory) addINI(text string) error {
	g, kind := inv.group(ungrouped), ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		var err error
		if line[0] == '[' {
			var name string
			if name, kind, err = section(line); err == nil {
				g = inv.group(name)
			}
		} else {
			err = inv.addLine(g, kind, line)
		}
		if err != nil {
			return value.Errorf(value.KindParse, "line %d: %w", i+1, err).With("line", int64(i+1))
		}
	}
	return nil
}

// section reads "[name]", "[name:children]" or "[name:vars]".
func section(line string) (name, kind string, err error) {
	head, rest, ok := strings.Cut(line[1:], "]")
	if rest = strings.TrimSpace(rest); !ok || rest != "" && rest[0] != '#' && rest[0] != ';' {
		return "", "", fmt.Errorf("cannot read the section %s", line)
	}
	name, kind, _ = strings.Cut(strings.TrimSpace(head), ":")
	if name == "" || kind != "" && kind != "children" && kind != "vars" {
		return "", "", fmt.Errorf("cannot read the section %s: want [name], [name:children] or [name:vars]", line)
	}
	return name, kind, nil
}

func (inv *Inventory) addLine(g *group, kind, line string) error {
	if kind == "vars" {
		name, v, ok := strings.Cut(line, "=")
		if !ok {
			return fmt.Errorf("want name=value, got %s", line)
		}
		return g.vars.Set(strings.TrimSpace(name), literal(strings.TrimSpace(v)))
	}
	words, err := splitWords(line)
	if err != nil || len(words) == 0 {
		return err
	}
	if kind == "children" {
		if len(words) != 1 {
			return fmt.Errorf("want the name of a group, got %s", line)
		}
		inv.group(words[0])
		g.children.add(words[0])
		return nil
	}
	vars := &value.Dict{}
	for _, w := range words[1:] {
		name, v, ok := strings.Cut(w, "=")
		if !ok {
			return fmt.Errorf("want name=value behind the host's name, got %s", w)
		}
		if err := vars.Set(name, literal(v)); err != nil {
			return err
		}
	}
	return inv.addHost(g, words[0], vars)
}

// splitWords splits at spaces that are in no quotes, up to a comment.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	in := rune(0)
	some := false
	for _, c := range line {
		switch {
		case in != 0:
			if c == in {
				in = 0
			}
			word.WriteRune(c)
		case c == '#' && !some:
			return words, nil
		case c == ' ' || c == '\t':
			if some {
				words = append(words, word.String())
				word.Reset()
				some = false
			}
		default:
			if c == '"' || c == '\'' {
				in = c
			}
			word.WriteRune(c)
			some = true
		}
	}
	if in != 0 {
		return nil, fmt.Errorf("a quote %c is not closed", in)
	}
	if some {
		words = append(words, word.String())
	}
	return words, nil
}

// literal reads a value as Ansible does: a number, a truth value or text.
func literal(s string) value.Value {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	switch s {
	case "True", "true":
		return true
	case "False", "false":
		return false
	case "None":
		return nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(n, 10) == s {
		return n
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && strings.ContainsAny(s, ".") {
		return f
	}
	return s
}

// addHost adds the hosts that a name with ranges means ("web[01:20].example"), with
// a port behind it if there is one, to a group.
func (inv *Inventory) addHost(g *group, name string, vars *value.Dict) error {
	name, port := splitPort(name)
	names, err := expand(name, ":")
	if err != nil {
		dashed, bad := expand(name, "-") // as -l takes it, and -o fold shows it
		if bad != nil {
			return err
		}
		names = dashed
	}
	for _, name := range names {
		h := inv.Add(name)
		if g.name != allGroup && g.name != ungrouped {
			g.hosts.add(name)
		}
		if port != 0 {
			_ = h.own.Set("ansible_port", port) // text is hashable
		}
		if vars != nil {
			merge(h.own, vars)
		}
	}
	return nil
}

// splitPort takes ":2222" off a name that is no IPv6 address.
func splitPort(name string) (string, value.Value) {
	i := strings.LastIndexByte(name, ':')
	if i < 0 || strings.Contains(name[i:], "]") {
		return name, 0
	}
	host := name[:i]
	if strings.Count(name, ":") > 1 && strings.Count(host, "[") != strings.Count(host, ":") {
		return name, 0 // an IPv6 address
	}
	port, err := strconv.ParseInt(name[i+1:], 10, 32)
	if err != nil || port <= 0 {
		return name, 0
	}
	return host, port
}

// maxRange bounds the hosts that a range may mean.
const maxRange = 100_000

// expand gives the names that a name with ranges means. between stands between the
// bounds of a range.
func expand(name, between string) ([]string, error) {
	open := strings.IndexByte(name, '[')
	if open < 0 {
		return []string{name}, nil
	}
	end := strings.IndexByte(name[open:], ']')
	if end < 0 {
		return nil, fmt.Errorf("the range in %s is not closed", name)
	}
	items, err := span(name[open+1:open+end], between)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	rest, err := expand(name[open+end+1:], between)
	if err != nil {
		return nil, err
	}
	if len(items)*len(rest) > maxRange {
		return nil, fmt.Errorf("%s means more than %d hosts", name, maxRange)
	}
	var out []string
	for _, it := range items {
		for _, r := range rest {
			out = append(out, name[:open]+it+r)
		}
	}
	return out, nil
}

// span gives the items of "01:20", "1:9:2" or "a:f".
func span(text, between string) ([]string, error) {
	parts := strings.Split(text, between)
	if len(parts) < 2 || len(parts) > 3 {
		return nil, fmt.Errorf("want a range as [01%s20], got [%s]", between, text)
	}
	step := 1
	if len(parts) == 3 {
		n, err := strconv.Atoi(parts[2])
		if err != nil || n <= 0 {
			return nil, fmt.Errorf("the step of the range [%s] is not a number above 0", text)
		}
		step = n
	}
	lo, hi := parts[0], parts[1]
	if lo == "" {
		lo = "0"
	}
	var out []string
	if len(lo) == 1 && len(hi) == 1 && lo[0] >= 'A' && hi[0] >= 'A' {
		for c := int(lo[0]); c <= int(hi[0]); c += step {
			out = append(out, string(rune(c)))
		}
		return out, nil
	}
	from, err1 := strconv.Atoi(lo)
	to, err2 := strconv.Atoi(hi)
	if err1 != nil || err2 != nil || from > to || from < 0 || to-from > maxRange {
		return nil, fmt.Errorf("[%s] is no range", text)
	}
	width := 0
	if len(lo) > 1 && lo[0] == '0' {
		width = len(lo)
	}
	for n := from; n <= to; n += step {
		out = append(out, fmt.Sprintf("%0*d", width, n))
	}
	return out, nil
}
