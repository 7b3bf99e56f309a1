package format

import "strings"

type kind uint8

const (
	word kind = iota // a name or a keyword
	number
	text
	operator
	comment
	end // of a line, outside of brackets
)

// token is a piece of a script.
type token struct {
	kind kind
	text string
	// breaks is the number of line ends between it and the token before.
	breaks int
	// column is where it stands if it is the first of its line, from 0, a tab being
	// up to 8.
	column int
	// joined says that a backslash at a line's end stands before it.
	joined bool
}

func (t token) is(texts ...string) bool {
	if t.kind != operator && t.kind != word {
		return false
	}
	for _, s := range texts {
		if t.text == s {
			return true
		}
	}
	return false
}

func (t token) opens() bool  { return t.kind == operator && strings.Contains("([{", t.text) }
func (t token) closes() bool { return t.kind == operator && strings.Contains(")]}", t.text) }

// scan cuts a script that parses into tokens. An end follows each logical line.
func scan(src string) []token {
	var all []token
	depth, breaks, column, joined := 0, 0, 0, false
	for i := 0; i < len(src); {
		switch c := src[i]; {
		case c == '\n':
			if depth == 0 && len(all) > 0 && all[len(all)-1].kind != end && !joined {
				all = append(all, token{kind: end})
			}
			breaks, column = breaks+1, 0
			i++
			continue
		case c == ' ' || c == '\t':
			if !joined { // the column is that of the first line
				column = columnAfter(column, c)
			}
			i++
			continue
		case c == '\\' && strings.HasPrefix(src[i:], "\\\n"):
			joined = true
			i += 2
			continue
		}
		k, n := next(src[i:])
		t := token{kind: k, text: src[i : i+n], breaks: breaks, column: column, joined: joined}
		switch {
		case t.opens():
			depth++
		case t.closes():
			depth--
		}
		all = append(all, t)
		i, breaks, column, joined = i+n, 0, 0, false
	}
	if len(all) > 0 && all[len(all)-1].kind != end {
		all = append(all, token{kind: end})
	}
	return all
}

func columnAfter(column int, c byte) int {
	if c == '\t' {
		return column + 8 - column%8
	}
	return column + 1
}

// next gives the kind and the length of the token at the beginning of s.
func next(s string) (kind, int) {
	c := s[0]
	switch {
	case c == '#':
		if n := strings.IndexByte(s, '\n'); n >= 0 {
			return comment, n
		}
		return comment, len(s)
	case c >= '0' && c <= '9', c == '.' && len(s) > 1 && s[1] >= '0' && s[1] <= '9':
		return number, numberLen(s)
	}
	if n := strings.IndexAny(s[:min(len(s), 3)], `"'`); n >= 0 && strings.Trim(s[:n], "rb") == "" {
		return text, n + stringLen(s[n:])
	}
	if isLetter(c) {
		n := 1
		for n < len(s) && (isLetter(s[n]) || s[n] >= '0' && s[n] <= '9') {
			n++
		}
		return word, n
	}
	for _, op := range []string{"//=", "<<=", ">>=", "**", "//", "<<", ">>", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "->"} {
		if strings.HasPrefix(s, op) {
			return operator, len(op)
		}
	}
	return operator, 1
}

func isLetter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func numberLen(s string) int {
	hex := strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X")
	n := 1
	for n < len(s) {
		c := s[n]
		sign := (c == '+' || c == '-') && !hex && (s[n-1] == 'e' || s[n-1] == 'E')
		if !sign && c != '.' && !isLetter(c) && (c < '0' || c > '9') {
			break
		}
		n++
	}
	return n
}

func stringLen(s string) int {
	quote := s[:1]
	if strings.HasPrefix(s, strings.Repeat(quote, 3)) {
		quote = s[:3]
	}
	for n := len(quote); n < len(s); n++ {
		if s[n] == '\\' {
			n++
			continue
		}
		if strings.HasPrefix(s[n:], quote) {
			return n + len(quote)
		}
	}
	return len(s)
}
