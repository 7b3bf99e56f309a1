package template

// postfix: a.b, a[b], a[b:c], a(b).
func (p *parser) postfix() (expr, error) {
	e, err := p.primary()
	for err == nil {
		line := p.peek().line
		switch {
		case p.op("."):
			t := p.take()
			if t.kind != tokName && t.kind != tokInt {
				return nil, parseFault(t.line, "want a name after the dot")
			}
			if t.kind == tokInt {
				var v any
				v, err = number(t)
				e = &itemExpr{of: e, key: constant{v}, line: line}
				continue
			}
			e = &attrExpr{of: e, name: t.text, line: line}
		case p.op("["):
			e, err = p.subscript(e, line)
		case p.op("("):
			c := &callExpr{fn: e}
			c.args, err = p.arguments()
			e = c
		default:
			return e, nil
		}
	}
	return nil, err
}

func (p *parser) subscript(of expr, line int) (expr, error) {
	var parts [3]expr
	n := 0
	for {
		if t := p.peek(); t.kind != tokOp || (t.text != ":" && t.text != "]") {
			e, err := p.expression()
			if err != nil {
				return nil, err
			}
			parts[n] = e
		}
		if p.op("]") {
			break
		}
		if err := p.expect(tokOp, ":"); err != nil {
			return nil, err
		}
		if n++; n > 2 {
			return nil, parseFault(line, "a slice has at most three parts")
		}
	}
	if n > 0 {
		return &sliceExpr{of: of, from: parts[0], to: parts[1], step: parts[2]}, nil
	}
	if parts[0] == nil {
		return nil, parseFault(line, "the index is missing")
	}
	return &itemExpr{of: of, key: parts[0], line: line}, nil
}

func (p *parser) primary() (expr, error) {
	t := p.peek()
	switch t.kind {
	case tokInt, tokFloat:
		p.pos++
		v, err := number(t)
		return constant{v}, err
	case tokString:
		text := ""
		for p.peek().kind == tokString { // neighbours join
			text += p.take().text
		}
		return constant{text}, nil
	case tokName:
		return p.nameOrConstant(t)
	case tokOp:
		switch {
		case p.op("("):
			return p.tuple()
		case p.op("["):
			items, err := p.list("]")
			return &listExpr{items: items}, err
		case p.op("{"):
			return p.dict()
		}
	}
	return nil, p.unexpected("want an expression")
}

func (p *parser) nameOrConstant(t token) (expr, error) {
	if reserved(t.text) {
		return nil, p.unexpected("want an expression")
	}
	p.pos++
	switch t.text {
	case "true", "True":
		return constant{true}, nil
	case "false", "False":
		return constant{false}, nil
	case "none", "None":
		return constant{nil}, nil
	}
	return &nameExpr{t.text, t.line}, nil
}

// list takes expressions up to the closing bracket.
func (p *parser) list(end string) ([]expr, error) {
	var items []expr
	for !p.op(end) {
		if len(items) > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return nil, err
			}
			if p.op(end) {
				break
			}
		}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		items = append(items, e)
	}
	return items, nil
}

// tuple takes (a), (a,) and (a, b) after the parenthesis.
func (p *parser) tuple() (expr, error) {
	items, err := p.list(")")
	if err != nil {
		return nil, err
	}
	if comma := p.tokens[p.pos-2]; len(items) == 1 && (comma.kind != tokOp || comma.text != ",") {
		return items[0], nil
	}
	return &listExpr{items: items, tuple: true}, nil
}

func (p *parser) dict() (expr, error) {
	d := &dictExpr{}
	for !p.op("}") {
		if len(d.keys) > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return nil, err
			}
			if p.op("}") {
				break
			}
		}
		k, err := p.expression()
		if err == nil {
			err = p.expect(tokOp, ":")
		}
		if err != nil {
			return nil, err
		}
		v, err := p.expression()
		if err != nil {
			return nil, err
		}
		d.keys, d.values = append(d.keys, k), append(d.values, v)
	}
	return d, nil
}

// bareTuple takes a, b without parentheses, as in set and for.
func (p *parser) bareTuple() (expr, error) {
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokOp || t.text != "," {
		return e, nil
	}
	items := []expr{e}
	for p.op(",") {
		if p.peek().kind == tokEnd {
			break
		}
		if e, err = p.expression(); err != nil {
			return nil, err
		}
		items = append(items, e)
	}
	return &listExpr{items: items, tuple: true}, nil
}
