package regex

import (
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// piece is literal text, or the text of a group if group is not negative.
type piece struct {
	text  string
	group int
}

// template reads a replacement: \1 … \99, \g<1>, \g<name>, \n, \t, \r and \\.
// A group that the pattern does not have is a ValueError.
func (p *Pattern) template(s string) (func(text string, loc []int) string, error) {
	pieces, err := p.pieces(s)
	if err != nil {
		return nil, err
	}
	return func(text string, loc []int) string {
		var b strings.Builder
		for _, pc := range pieces {
			if pc.group < 0 {
				b.WriteString(pc.text)
			} else {
				t, _ := sub(text, loc, pc.group)
				b.WriteString(t)
			}
		}
		return b.String()
	}, nil
}

func (p *Pattern) pieces(s string) ([]piece, error) {
	var out []piece
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			return append(out, piece{s, -1}), nil
		}
		if i > 0 {
			out = append(out, piece{s[:i], -1})
		}
		pc, n, err := p.escape(s[i:])
		if err != nil {
			return nil, err
		}
		out, s = append(out, pc), s[i+n:]
	}
	return out, nil
}

// escape reads what s begins with, a backslash and more; n is its length.
func (p *Pattern) escape(s string) (pc piece, n int, err error) {
	switch c := s[1]; {
	case c >= '1' && c <= '9':
		n = 2
		if len(s) > 2 && s[2] >= '0' && s[2] <= '9' {
			n = 3
		}
		num, _ := strconv.Atoi(s[1:n])
		g, err := p.group(int64(num))
		return piece{"", g}, n, err
	case c == 'g' && strings.HasPrefix(s[2:], "<"):
		end := strings.IndexByte(s, '>')
		if end < 0 {
			return piece{}, 0, value.Errorf(value.KindValue, "the replacement has \\g< without >")
		}
		var key value.Value = s[3:end]
		if num, err := strconv.Atoi(s[3:end]); err == nil {
			key = int64(num)
		}
		g, err := p.group(key)
		return piece{"", g}, end + 1, err
	case c == '0':
		return piece{"\x00", -1}, 2, nil
	}
	if r, ok := map[byte]string{'n': "\n", 't': "\t", 'r': "\r", '\\': "\\", 'f': "\f", 'v': "\v", 'a': "\a", 'b': "\b"}[s[1]]; ok {
		return piece{r, -1}, 2, nil
	}
	return piece{s[:2], -1}, 2, nil
}
