package template

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is the kind of a token.
type kind uint8

const (
	tokEOF kind = iota
	tokText
	tokOutput // {{
	tokBlock  // {%
	tokEnd    // }} or %}
	tokName
	tokInt
	tokFloat
	tokString
	tokOp
)

type token struct {
	kind kind
	text string
	line int
}

// maxTagTokens bounds the depth of the tree that one tag can make.
const maxTagTokens = 10000

// lexer cuts a template's text into tokens.
type lexer struct {
	src    string
	pos    int
	line   int
	tokens []token
	trim   bool // the last tag ended with a minus sign
}

func lex(src string) ([]token, error) {
	src = strings.TrimSuffix(src, "\n")
	l := &lexer{src: strings.TrimSuffix(src, "\r"), line: 1}
	for l.pos < len(l.src) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	return append(l.tokens, token{kind: tokEOF, line: l.line}), nil
}

// next takes the text up to a tag, and the tag.
func (l *lexer) next() error {
	rest := l.src[l.pos:]
	at := len(rest)
	for i := 0; i+1 < len(rest); i++ {
		if rest[i] == '{' && strings.IndexByte("{%#", rest[i+1]) >= 0 {
			at = i
			break
		}
	}
	if at == len(rest) {
		l.text(rest, false)
		l.advance(len(rest))
		return nil
	}
	open := rest[at+1]
	minus := at+2 < len(rest) && rest[at+2] == '-'
	l.text(rest[:at], minus)
	l.advance(at + 2)
	if l.pos < len(l.src) && (l.src[l.pos] == '-' || l.src[l.pos] == '+' && open == '%') {
		l.pos++
	}
	switch open {
	case '#':
		return l.comment()
	case '{':
		return l.tag(tokOutput, "}}")
	}
	if ok, err := l.raw(); ok || err != nil {
		return err
	}
	return l.tag(tokBlock, "%}")
}

// text adds a text token, trimmed as the tags around it want.
func (l *lexer) text(s string, trimRight bool) {
	line := l.line
	if l.trim {
		t := strings.TrimLeftFunc(s, unicode.IsSpace)
		line += strings.Count(s[:len(s)-len(t)], "\n")
		s, l.trim = t, false
	}
	if trimRight {
		s = strings.TrimRightFunc(s, unicode.IsSpace)
	}
	if s != "" {
		l.tokens = append(l.tokens, token{tokText, s, line})
	}
}

func (l *lexer) advance(n int) {
	l.line += strings.Count(l.src[l.pos:l.pos+n], "\n")
	l.pos += n
}

func (l *lexer) comment() error {
	end := strings.Index(l.src[l.pos:], "#}")
	if end < 0 {
		return parseFault(l.line, "the comment has no end")
	}
	l.trim = end > 0 && l.src[l.pos+end-1] == '-'
	l.advance(end + 2)
	return nil
}

// raw takes a whole raw block, if one begins here.
func (l *lexer) raw() (bool, error) {
	n, trim, ok := bareTag(l.src[l.pos:], "raw")
	if !ok {
		return false, nil
	}
	line := l.line
	l.advance(n)
	l.trim = trim
	for i := l.pos; i < len(l.src); i++ {
		if !strings.HasPrefix(l.src[i:], "{%") {
			continue
		}
		head := i + 2
		minus := head < len(l.src) && l.src[head] == '-'
		if minus {
			head++
		}
		n, trim, ok := bareTag(l.src[head:], "endraw")
		if !ok {
			continue
		}
		l.text(l.src[l.pos:i], minus)
		l.advance(head + n - l.pos)
		l.trim = trim
		return true, nil
	}
	return false, parseFault(line, "raw has no endraw")
}

// bareTag reports the length of the rest of a tag that holds one word only.
func bareTag(s, word string) (n int, trim, ok bool) {
	t := strings.TrimLeftFunc(s, unicode.IsSpace)
	t, ok = strings.CutPrefix(t, word)
	if !ok {
		return 0, false, false
	}
	t = strings.TrimLeftFunc(t, unicode.IsSpace)
	if u, cut := strings.CutPrefix(t, "-"); cut {
		t, trim = u, true
	}
	t, ok = strings.CutPrefix(t, "%}")
	return len(s) - len(t), trim, ok
}

// tag takes the inside of a tag and its end.
func (l *lexer) tag(k kind, end string) error {
	start := l.line
	l.tokens = append(l.tokens, token{k, "", l.line})
	depth := 0
	for n := 0; ; n++ {
		l.space()
		rest := l.src[l.pos:]
		switch {
		case rest == "":
			return parseFault(start, "the tag has no end %s", end)
		case n > maxTagTokens:
			return parseFault(start, "the tag is too long")
		case depth == 0 && strings.HasPrefix(rest, end), depth == 0 && strings.HasPrefix(rest[1:], end) && rest[0] == '-':
			l.trim = rest[0] == '-'
			l.pos += strings.Index(rest, end) + 2
			l.tokens = append(l.tokens, token{tokEnd, end, l.line})
			return nil
		}
		if strings.IndexByte("([{", rest[0]) >= 0 {
			depth++
		} else if strings.IndexByte(")]}", rest[0]) >= 0 {
			depth = max(depth-1, 0)
		}
		if err := l.token(rest); err != nil {
			return err
		}
	}
}

func (l *lexer) space() {
	rest := l.src[l.pos:]
	l.advance(len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace)))
}

func (l *lexer) token(rest string) error {
	c := rest[0]
	switch {
	case c == '"' || c == '\'':
		return l.quoted(rest)
	case isDigit(c):
		l.number(rest)
		return nil
	}
	r, _ := utf8.DecodeRuneInString(rest)
	if r == '_' || unicode.IsLetter(r) {
		end := strings.IndexFunc(rest, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if end < 0 {
			end = len(rest)
		}
		l.add(tokName, rest[:end], end)
		return nil
	}
	for _, op := range [...]string{"**", "//", "==", "!=", "<=", ">="} {
		if strings.HasPrefix(rest, op) {
			l.add(tokOp, op, 2)
			return nil
		}
	}
	if strings.IndexByte("+-*/%~<>=()[]{}.,:|", c) < 0 {
		return parseFault(l.line, "unexpected character %q", r)
	}
	l.add(tokOp, rest[:1], 1)
	return nil
}

func (l *lexer) add(k kind, text string, n int) {
	l.tokens = append(l.tokens, token{k, text, l.line})
	l.pos += n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// number takes 12, 1_000, 1.5, 2e3 and 0x1f.
func (l *lexer) number(s string) {
	i, k := 0, tokInt
	digits := func() {
		for i < len(s) && (isDigit(s[i]) || s[i] == '_') {
			i++
		}
	}
	if len(s) > 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		for i = 2; i < len(s) && (isDigit(s[i]) || s[i] == '_' || strings.IndexByte("abcdefABCDEF", s[i]) >= 0); {
			i++
		}
		l.add(k, s[:i], i)
		return
	}
	digits()
	if i+1 < len(s) && s[i] == '.' && isDigit(s[i+1]) {
		k = tokFloat
		i++
		digits()
	}
	if j := i + 1; i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if j < len(s) && isDigit(s[j]) {
			k, i = tokFloat, j
			digits()
		}
	}
	l.add(k, s[:i], i)
}

// quoted takes a string; its escapes are those of Python that make sense here.
func (l *lexer) quoted(s string) error {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			l.tokens = append(l.tokens, token{tokString, b.String(), l.line})
			l.advance(i + 1)
			return nil
		case s[i] == '\\' && i+1 < len(s):
			i++
			if r, ok := map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', '\\': '\\', '\'': '\'', '"': '"'}[s[i]]; ok {
				b.WriteByte(r)
			} else {
				b.WriteByte('\\')
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return parseFault(l.line, "the string has no end")
}
