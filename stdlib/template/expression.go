package template

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// maxNesting is how deep expressions and statements may nest in a template.
const maxNesting = 100

// parser turns tokens into a tree.
type parser struct {
	tokens []token
	pos    int
	depth  int
	lib    *library
	blocks []*blockStmt // so far
}

func (p *parser) peek() token { return p.tokens[p.pos] }

func (p *parser) take() token {
	t := p.tokens[p.pos]
	if t.kind != tokEOF {
		p.pos++
	}
	return t
}

// op takes the operator if it stands here.
func (p *parser) op(text string) bool { return p.accept(tokOp, text) }

// word takes the name if it stands here.
func (p *parser) word(text string) bool { return p.accept(tokName, text) }

func (p *parser) accept(k kind, text string) bool {
	if t := p.peek(); t.kind != k || t.text != text {
		return false
	}
	p.pos++
	return true
}

func (p *parser) expect(k kind, text string) error {
	if p.accept(k, text) {
		return nil
	}
	return p.unexpected("want " + strconv.Quote(text))
}

func (p *parser) unexpected(want string) error {
	t := p.peek()
	what := strconv.Quote(t.text)
	switch t.kind {
	case tokEOF:
		what = "the end of the template"
	case tokText, tokOutput, tokBlock:
		what = "text"
	}
	return parseFault(t.line, "unexpected %s: %s", what, want)
}

func (p *parser) name() (string, error) {
	if t := p.peek(); t.kind == tokName && !reserved(t.text) {
		p.pos++
		return t.text, nil
	}
	return "", p.unexpected("want a name")
}

func reserved(word string) bool {
	switch word {
	case "and", "or", "not", "in", "is", "if", "else":
		return true
	}
	return false
}

// enter guards what recurses; it is undone by leave.
func (p *parser) enter() error {
	if p.depth++; p.depth > maxNesting {
		return parseFault(p.peek().line, "it is nested deeper than %d levels", maxNesting)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// expression: a if b else c.
func (p *parser) expression() (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	e, err := p.binary(0)
	for err == nil && p.word("if") {
		c := &condExpr{then: e}
		if c.test, err = p.binary(0); err != nil {
			return nil, err
		}
		if p.word("else") {
			if c.otherwise, err = p.expression(); err != nil {
				return nil, err
			}
		}
		e = c
	}
	return e, err
}

// levels are the binary operators, from the one that binds least.
func levels() [][]string {
	return [][]string{{"or"}, {"and"}, nil, {"==", "!=", "<", "<=", ">", ">=", "in", "not in"}, {"~"}, {"+", "-"}, {"*", "/", "//", "%"}}
}

const levelNot = 2 // in levels: "not" stands between and comparisons

func (p *parser) binary(level int) (expr, error) {
	ops := p.lib.levels
	if level == len(ops) {
		return p.unary()
	}
	if level == levelNot {
		return p.not()
	}
	left, err := p.binary(level + 1)
	var chain expr
	for err == nil {
		op := p.binaryOp(ops[level])
		if op == "" {
			break
		}
		var right expr
		if right, err = p.binary(level + 1); err != nil {
			return nil, err
		}
		e := &binaryExpr{op: op, left: left, right: right}
		if level != levelNot+1 {
			left = e
			continue
		}
		left = right // 1 < a < 9: each comparison of the chain must hold
		if chain != nil {
			chain = &binaryExpr{op: "and", left: chain, right: e}
		} else {
			chain = e
		}
	}
	if chain != nil && err == nil {
		return chain, nil
	}
	return left, err
}

func (p *parser) binaryOp(ops []string) string {
	t := p.peek()
	if t.kind != tokOp && t.kind != tokName {
		return ""
	}
	for _, op := range ops {
		if op == "not in" && t.text == "not" && p.pos+1 < len(p.tokens) && p.tokens[p.pos+1].text == "in" {
			p.pos += 2
			return op
		}
		if t.text == op {
			p.pos++
			return op
		}
	}
	return ""
}

func (p *parser) not() (expr, error) {
	negate := false
	for p.word("not") {
		negate = !negate
		if e, err := p.notOne(); e != nil || err != nil {
			return &notExpr{e, negate}, err
		}
	}
	return p.binary(levelNot + 1)
}

// notOne is the operand of not, nil if another not follows.
func (p *parser) notOne() (expr, error) {
	if t := p.peek(); t.kind == tokName && t.text == "not" {
		return nil, nil
	}
	return p.binary(levelNot + 1)
}

// unary: -x ** y | filter is test.
func (p *parser) unary() (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if sign := p.peek(); p.op("-") || p.op("+") {
		e, err := p.unaryNoFilter()
		if err != nil {
			return nil, err
		}
		return p.filtersAndTests(&signExpr{e, sign.text == "-"})
	}
	e, err := p.power()
	if err != nil {
		return nil, err
	}
	return p.filtersAndTests(e)
}

func (p *parser) unaryNoFilter() (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if sign := p.peek(); p.op("-") || p.op("+") {
		e, err := p.unaryNoFilter()
		return &signExpr{e, sign.text == "-"}, err
	}
	return p.power()
}

func (p *parser) power() (expr, error) {
	e, err := p.postfix()
	if err != nil || !p.op("**") {
		return e, err
	}
	right, err := p.unaryNoFilter()
	return &binaryExpr{op: "**", left: e, right: right}, err
}

func (p *parser) filtersAndTests(e expr) (expr, error) {
	for {
		var err error
		switch {
		case p.op("|"):
			e, err = p.filter(e)
		case p.word("is"):
			e, err = p.test(e)
		default:
			return e, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *parser) filter(in expr) (expr, error) {
	line := p.peek().line
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	f, ok := p.lib.filters[name]
	if !ok {
		return nil, parseFault(line, "there is no filter %s", name)
	}
	c := &filterExpr{name: name, in: in, filter: f}
	if p.op("(") {
		c.args, err = p.arguments()
	}
	return c, err
}

func (p *parser) test(in expr) (expr, error) {
	not := p.word("not")
	t := p.take()
	check, ok := p.lib.tests[t.text]
	if !ok || t.kind != tokName {
		return nil, parseFault(t.line, "there is no test %s", t.text)
	}
	c := &testExpr{name: t.text, in: in, test: check, not: not}
	var err error
	if p.op("(") {
		c.args, err = p.arguments()
		return c, err
	}
	// One argument may follow without parentheses: x is divisibleby 3.
	switch t := p.peek(); {
	case t.kind == tokInt, t.kind == tokFloat, t.kind == tokString, t.kind == tokOp && (t.text == "[" || t.text == "{"),
		t.kind == tokName && !reserved(t.text) && t.text != "recursive":
		var a expr
		a, err = p.postfix()
		c.args.positional = []expr{a}
	}
	return c, err
}

// arguments of a call, after its opening parenthesis.
func (p *parser) arguments() (args arguments, err error) {
	for !p.op(")") {
		if len(args.positional)+len(args.named) > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return args, err
			}
			if p.op(")") {
				break
			}
		}
		name := ""
		if t := p.peek(); t.kind == tokName && p.pos+1 < len(p.tokens) && p.tokens[p.pos+1] == (token{tokOp, "=", p.tokens[p.pos+1].line}) {
			name = t.text
			p.pos += 2
		}
		e, err := p.expression()
		if err != nil {
			return args, err
		}
		if name != "" {
			args.named = append(args.named, namedExpr{name, e})
		} else if len(args.named) > 0 {
			return args, parseFault(p.peek().line, "a positional argument follows a named one")
		} else {
			args.positional = append(args.positional, e)
		}
	}
	return args, nil
}

func number(t token) (value.Value, error) {
	digits := strings.ReplaceAll(t.text, "_", "")
	if t.kind == tokFloat {
		f, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return nil, parseFault(t.line, "%s is no number", t.text)
		}
		return f, nil
	}
	base := 10
	if len(digits) > 2 && digits[0] == '0' && !isDigit(digits[1]) {
		base = 0
	}
	if i, ok := new(big.Int).SetString(digits, base); ok && len(digits) < 1000 {
		return value.Int(i), nil
	}
	return nil, parseFault(t.line, "%s is no number", t.text)
}
