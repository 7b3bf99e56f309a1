package regex

import (
	"regexp"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Pattern is a compiled regular expression.
type Pattern struct {
	source string
	search *regexp.Regexp
	match  *regexp.Regexp // the same, anchored at the start
}

// Compile reads a pattern; one that RE2 does not know is a ValueError.
func Compile(pattern string) (*Pattern, error) {
	source := endOfText(pattern)
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, value.Errorf(value.KindValue, "cannot compile the pattern %q: %w", pattern, err)
	}
	anchored, err := regexp.Compile(`\A(?:` + source + `)`)
	if err != nil {
		return nil, value.Errorf(value.KindValue, "cannot compile the pattern %q: %w", pattern, err)
	}
	return &Pattern{source: pattern, search: re, match: anchored}, nil
}

// endOfText writes Python's \Z, the end of the text, as RE2 does: \z.
func endOfText(p string) string {
	if !strings.Contains(p, `\Z`) {
		return p
	}
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		if p[i] == '\\' && i+1 < len(p) {
			b.WriteByte('\\')
			i++
			if p[i] == 'Z' {
				b.WriteByte('z')
				continue
			}
		}
		b.WriteByte(p[i])
	}
	return b.String()
}

// Replace replaces the first count matches (all for 0) by a template in which
// \1 and \g<name> stand for groups, and says how many there were.
func (p *Pattern) Replace(text, template string, count int) (string, int, error) {
	expand, err := p.template(template)
	if err != nil {
		return "", 0, err
	}
	return p.replace(text, count, func(loc []int) (string, error) { return expand(text, loc), nil })
}

func (p *Pattern) replace(text string, count int, by func(loc []int) (string, error)) (string, int, error) {
	var b strings.Builder
	last, n := 0, 0
	for _, loc := range p.all(text, count) {
		s, err := by(loc)
		if err != nil {
			return "", 0, err
		}
		b.WriteString(text[last:loc[0]])
		b.WriteString(s)
		last, n = loc[1], n+1
	}
	b.WriteString(text[last:])
	return b.String(), n, nil
}

// all finds the first count matches, all for 0.
func (p *Pattern) all(text string, count int) [][]int {
	if count <= 0 {
		count = -1
	}
	return p.search.FindAllStringSubmatchIndex(text, count)
}

// group gives the number of a group by number or name.
func (p *Pattern) group(v value.Value) (int, error) {
	n := -1
	switch v := v.(type) {
	case int64:
		n = int(v)
	case float64:
		n = int(v)
	case string:
		n = p.search.SubexpIndex(v)
	}
	if n < 0 || n > p.search.NumSubexp() {
		return 0, value.Errorf(value.KindValue, "the pattern %q has no group %v", p.source, v)
	}
	return n, nil
}

// sub is the text of group n at loc; ok is false if it took no part.
func sub(text string, loc []int, n int) (string, bool) {
	if loc[2*n] < 0 {
		return "", false
	}
	return text[loc[2*n]:loc[2*n+1]], true
}

// special are the characters that escape puts a backslash before: Python's.
const special = "\t\n\v\f\r #$&()*+-.?[\\]^{|}~"

// escape makes a pattern that matches text as it stands.
func escape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if strings.IndexByte(special, text[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
