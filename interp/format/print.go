package format

import "strings"

const indent = "    "

// printer writes lines.
type printer struct{ b strings.Builder }

func (p *printer) all(lines []line) string {
	for i, l := range lines {
		if i > 0 {
			p.b.WriteString(strings.Repeat("\n", blanks(lines, i)))
		}
		p.line(l)
	}
	return p.b.String()
}

// blanks is the number of blank lines before lines[i]: as in the text, but none at
// the beginning of a block, at most one inside and two outside of one, and at least
// one around a function outside of all blocks.
func blanks(lines []line, i int) int {
	l, before := lines[i], lines[i-1]
	if l.level > before.level {
		return 0
	}
	if l.level > 0 {
		return min(l.blank, 1)
	}
	least := 0
	if startsDef(lines[i:]) && !before.isComment() || before.level > 0 && inDef(lines[:i]) {
		least = 1
	}
	return max(min(l.blank, 2), least)
}

// startsDef reports whether a function begins here, perhaps by its comments.
func startsDef(lines []line) bool {
	for i, l := range lines {
		if !l.isComment() {
			return l.toks[0].is("def")
		}
		if i+1 < len(lines) && lines[i+1].blank > 0 {
			return false
		}
	}
	return false
}

// inDef reports whether the last line is of a function outside of all blocks.
func inDef(lines []line) bool {
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].level == 0 {
			return lines[i].toks[0].is("def")
		}
	}
	return false
}

// bracket is an open one.
type bracket struct {
	text string
	// margin is the indentation of the line where it stands.
	margin int
	// index says that it follows an operand: a call, an index, a slice.
	index bool
	// lambdas are those inside it whose colon is yet to come; lambda says that the
	// last colon was one's.
	lambdas int
	lambda  bool
}

func (p *printer) line(l line) {
	margin := l.level
	p.b.WriteString(strings.Repeat(indent, margin))
	open := []bracket{{margin: margin}}
	unary := false
	for i, t := range l.toks {
		var before token
		if i > 0 {
			before = l.toks[i-1]
		}
		top := &open[len(open)-1]
		switch {
		case i == 0:
		case t.joined || t.breaks > 0:
			if t.joined && len(open) == 1 {
				p.b.WriteString(" \\")
			}
			p.b.WriteString(strings.Repeat("\n", min(max(t.breaks, 1), 2)))
			margin = top.margin + 1
			if t.closes() {
				margin = top.margin
			}
			p.b.WriteString(strings.Repeat(indent, margin))
		case t.kind == comment:
			p.b.WriteString("  ")
		case !unary && spaced(before, t, top):
			p.b.WriteByte(' ')
		}
		p.b.WriteString(shown(t))
		unary = t.is("-", "+", "~", "*", "**") && (i == 0 || !operand(before))
		switch {
		case t.opens():
			open = append(open, bracket{text: t.text, margin: margin, index: i > 0 && operand(before)})
		case t.closes():
			open = open[:len(open)-1]
		case t.is("lambda"):
			top.lambdas++
		case t.is(":"):
			top.lambda = top.lambdas > 0
			top.lambdas = max(top.lambdas-1, 0)
		}
	}
	p.b.WriteByte('\n')
}

// operand reports whether a token ends an operand, so that an operator or a call
// may follow.
func operand(t token) bool {
	switch t.kind {
	case number, text:
		return true
	case word:
		return !t.is("and", "or", "not", "in", "if", "else", "for", "while", "elif", "return", "lambda")
	}
	return t.closes()
}

// spaced reports whether a space stands between two tokens of a line.
func spaced(before, t token, in *bracket) bool {
	switch {
	case before.opens(), t.closes(), t.is(",", "."), before.is("."):
		return false
	case t.is(":"):
		return false
	case before.is(":"): // not in a slice
		return in.text != "[" || !in.index || in.lambda
	case t.is("(", "["):
		return !operand(before)
	}
	return true
}

// shown is a token's text: comments without spaces at their end, strings in double
// quotes where that changes nothing else.
func shown(t token) string {
	switch t.kind {
	case comment:
		return strings.TrimRight(t.text, " \t")
	case text:
		n := strings.IndexByte(t.text, '\'')
		if n < 0 || strings.ContainsAny(t.text[:n], `"`) || strings.HasPrefix(t.text[n:], "'''") {
			return t.text
		}
		inner := t.text[n+1 : len(t.text)-1]
		if strings.ContainsAny(inner, `"'\`) {
			return t.text
		}
		return t.text[:n] + `"` + inner + `"`
	}
	return t.text
}
