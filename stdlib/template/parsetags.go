package template

func (p *parser) ifStmt(at line) (stmt, error) {
	st := &ifStmt{line: at}
	for word := "if"; word != "endif"; {
		b := branch{line: line(p.peek().line)}
		var err error
		until := []string{"endif"}
		if word != "else" {
			until = []string{"elif", "else", "endif"}
			if b.test, err = p.bareTuple(); err != nil {
				return nil, err
			}
		}
		if err = p.end(); err != nil {
			return nil, err
		}
		if b.body, word, err = p.block(until...); err != nil {
			return nil, err
		}
		st.branches = append(st.branches, b)
	}
	return st, p.end()
}

func (p *parser) forStmt(at line) (stmt, error) {
	st := &forStmt{line: at}
	var err error
	if st.target, err = p.targets(); err != nil {
		return nil, err
	}
	if err = p.expect(tokName, "in"); err != nil {
		return nil, err
	}
	// A condition follows the items: they cannot be "a if b else c" themselves.
	if st.items, err = p.forItems(); err != nil {
		return nil, err
	}
	if p.word("if") {
		if st.condition, err = p.expression(); err != nil {
			return nil, err
		}
	}
	if err = p.end(); err != nil {
		return nil, err
	}
	word := ""
	if st.body, word, err = p.block("else", "endfor"); err != nil {
		return nil, err
	}
	if word == "else" {
		st.otherwise, err = p.closed("endfor")
		return st, err
	}
	return st, p.end()
}

func (p *parser) forItems() (expr, error) {
	e, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokOp || t.text != "," {
		return e, nil
	}
	items := []expr{e}
	for p.op(",") && p.peek().kind != tokEnd {
		if e, err = p.binary(0); err != nil {
			return nil, err
		}
		items = append(items, e)
	}
	return &listExpr{items: items, tuple: true}, nil
}

// targets: a, or a, b, or (a, b), or ns.a.
func (p *parser) targets() (target, error) {
	first, err := p.target()
	if err != nil {
		return target{}, err
	}
	if t := p.peek(); t.kind != tokOp || t.text != "," {
		return first, nil
	}
	many := []target{first}
	for p.op(",") {
		if t := p.peek(); t.kind != tokName && t.text != "(" || reserved(t.text) {
			break
		}
		next, err := p.target()
		if err != nil {
			return target{}, err
		}
		many = append(many, next)
	}
	return target{many: many}, nil
}

func (p *parser) target() (t target, err error) {
	if err := p.enter(); err != nil {
		return t, err
	}
	defer p.leave()
	if p.op("(") {
		if t, err = p.targets(); err == nil {
			err = p.expect(tokOp, ")")
		}
		return t, err
	}
	if t.name, err = p.name(); err == nil && p.op(".") {
		t.attr, err = p.name()
	}
	return t, err
}

func (p *parser) setStmt(at line) (stmt, error) {
	st := &setStmt{line: at}
	var err error
	if st.target, err = p.targets(); err != nil {
		return nil, err
	}
	if p.op("=") {
		if st.e, err = p.bareTuple(); err == nil {
			err = p.end()
		}
		return st, err
	}
	if p.op("|") {
		if st.filter, err = p.filterChain(); err != nil {
			return nil, err
		}
	}
	st.body, err = p.closed("endset")
	return st, err
}

// filterChain takes filters that stand without an operand: a | b(c).
func (p *parser) filterChain() (*filterExpr, error) {
	var e expr = constant{""}
	for {
		next, err := p.filter(e)
		if err != nil {
			return nil, err
		}
		if e = next; !p.op("|") {
			f, _ := e.(*filterExpr)
			return f, nil
		}
	}
}

func (p *parser) withStmt(at line) (stmt, error) {
	st := &withStmt{line: at}
	for p.peek().kind != tokEnd {
		if len(st.targets) > 0 {
			if err := p.expect(tokOp, ","); err != nil {
				return nil, err
			}
		}
		t, err := p.target()
		if err == nil {
			err = p.expect(tokOp, "=")
		}
		if err != nil {
			return nil, err
		}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		st.targets, st.values = append(st.targets, t), append(st.values, e)
	}
	var err error
	st.body, err = p.closed("endwith")
	return st, err
}

func (p *parser) macroStmt(at line) (stmt, error) {
	st := &macroStmt{line: at}
	var err error
	if st.name, err = p.name(); err != nil {
		return nil, err
	}
	if err = p.expect(tokOp, "("); err != nil {
		return nil, err
	}
	if st.params, err = p.params(); err != nil {
		return nil, err
	}
	st.body, err = p.closed("endmacro")
	return st, err
}

func (p *parser) params() (params []parameter, err error) {
	for !p.op(")") {
		if len(params) > 0 {
			if err = p.expect(tokOp, ","); err != nil {
				return nil, err
			}
			if p.op(")") {
				break
			}
		}
		var prm parameter
		if prm.name, err = p.name(); err != nil {
			return nil, err
		}
		if p.op("=") {
			if prm.def, err = p.expression(); err != nil {
				return nil, err
			}
		}
		params = append(params, prm)
	}
	return params, nil
}

func (p *parser) callStmt(at line) (stmt, error) {
	st := &callStmt{line: at}
	var err error
	if p.op("(") {
		if st.params, err = p.params(); err != nil {
			return nil, err
		}
	}
	e, err := p.postfix()
	if err != nil {
		return nil, err
	}
	var ok bool
	if st.call, ok = e.(*callExpr); !ok {
		return nil, p.unexpected("want a call of a macro")
	}
	st.body, err = p.closed("endcall")
	return st, err
}

func (p *parser) filterStmt(at line) (stmt, error) {
	st := &filterStmt{line: at}
	var err error
	if st.filter, err = p.filterChain(); err != nil {
		return nil, err
	}
	st.body, err = p.closed("endfilter")
	return st, err
}

func (p *parser) includeStmt(at line) (stmt, error) {
	st := &includeStmt{line: at}
	var err error
	if st.path, err = p.expression(); err != nil {
		return nil, err
	}
	if p.word("ignore") {
		if err = p.expect(tokName, "missing"); err != nil {
			return nil, err
		}
		st.ignoreMissing = true
	}
	for _, w := range []string{"with", "without"} {
		if p.word(w) {
			if err = p.expect(tokName, "context"); err != nil {
				return nil, err
			}
		}
	}
	return st, p.end()
}
