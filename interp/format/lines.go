package format

// line is a statement, a header of a block, or a comment of its own.
type line struct {
	toks []token // without the end
	// level is the number of blocks around it.
	level  int
	column int
	// blank is the number of blank lines before it.
	blank int
}

func (l line) isComment() bool { return l.toks[0].kind == comment }

// lines makes one line of each statement and finds the level of each.
func lines(toks []token) []line {
	var all []line
	for len(toks) > 0 {
		n := 0
		for toks[n].kind != end {
			n++
		}
		if n > 0 {
			all = append(all, split(toks[:n])...)
		}
		toks = toks[n+1:]
	}
	levels(all)
	return all
}

// split gives the statements that stand on one line. What follows the colon of a
// header stands a level deeper, which is noted as a column of its own.
func split(toks []token) []line {
	first := line{column: toks[0].column, blank: max(toks[0].breaks-1, 0)}
	var all []line
	depth, lambdas, header := 0, 0, toks[0].is("if", "elif", "else", "for", "while", "def")
	current := first
	flush := func() {
		if len(current.toks) > 0 {
			all = append(all, current)
		}
		current = line{column: current.column}
	}
	for i, t := range toks {
		switch {
		case t.opens():
			depth++
		case t.closes():
			depth--
		case depth == 0 && t.is("lambda"):
			lambdas++
		}
		if depth == 0 && t.is(";") {
			flush()
			continue
		}
		if t.kind == comment && len(current.toks) == 0 && len(all) > 0 { // after a last semicolon
			all[len(all)-1].toks = append(all[len(all)-1].toks, t)
			continue
		}
		current.toks = append(current.toks, t)
		if depth != 0 || !t.is(":") {
			continue
		}
		if lambdas > 0 {
			lambdas--
			continue
		}
		if header && i+1 < len(toks) && toks[i+1].kind != comment {
			flush()
			current.column, header = first.column+1, false
		}
	}
	flush()
	return all
}

// levels finds the level of each line by its column. A comment belongs to the block
// that its column says, among those that end before the next statement.
func levels(all []line) {
	stack := []int{0}
	for i := 0; i < len(all); {
		n := i
		for n < len(all) && all[n].isComment() {
			n++
		}
		before := stack
		if n < len(all) {
			stack = enter(stack, all[n].column)
			all[n].level = len(stack) - 1
		} else {
			stack = []int{0}
		}
		for ; i < n; i++ {
			all[i].level = len(stack) - 1
			for l := len(before) - 1; l > all[i].level; l-- {
				if all[i].column >= before[l] {
					all[i].level = l
				}
			}
		}
		i = n + 1
	}
}

// enter gives the columns of the blocks around a line at column.
func enter(stack []int, column int) []int {
	stack = append([]int(nil), stack...)
	for len(stack) > 1 && column < stack[len(stack)-1] {
		stack = stack[:len(stack)-1]
	}
	if column > stack[len(stack)-1] {
		stack = append(stack, column)
	}
	return stack
}
