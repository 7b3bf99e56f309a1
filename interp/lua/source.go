package lua

import (
	"slices"
	"strings"

	glua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"github.com/mitoscript/mitoscript/interp/ship"
)

// chunk is one text that was compiled: a script, a module, a string, a slice.
type chunk struct {
	path, text string
	// module is the library module that it is the text of, else nil.
	module *module
	// loads are the modules that it required, by the names it used.
	loads map[string]*module
	// later are those that it has not, as far as somebody asked; nil for none.
	later map[string]*ship.Module
	// required are the names that the text of a module requires, nil until they are
	// looked for.
	required []string
	// slice tells of a chunk that holds one shipped function, else nil.
	slice *sliceInfo

	root    *glua.FunctionProto // kept until matched
	matched bool

	globals map[string]int // line of the first assignment at the top, by name
	locals  []localLine    // variables of the top, in order
}

type localLine struct {
	name string
	line int
}

// noteVariables keeps where the variables of the top are defined.
func (c *chunk) noteVariables(root *glua.FunctionProto) {
	c.globals = map[string]int{}
	for pc, inst := range root.Code {
		if int(inst>>26) != glua.OP_SETGLOBAL {
			continue
		}
		if name, ok := root.Constants[inst&0x3ffff].(glua.LString); ok && c.globals[string(name)] == 0 {
			c.globals[string(name)] = root.DbgSourcePositions[pc]
		}
	}
	for _, l := range root.DbgLocals {
		if i := min(max(l.StartPc-1, 0), len(root.DbgSourcePositions)-1); i >= 0 {
			c.locals = append(c.locals, localLine{l.Name, root.DbgSourcePositions[i]})
		}
	}
}

// definition is the line that defines a variable of the top that a function on
// the line below sees, 0 if it is not one.
func (c *chunk) definition(name string, global bool, below int) int {
	if global {
		return c.globals[name]
	}
	line := 0
	for _, l := range c.locals {
		if l.name == name && l.line <= below {
			line = l.line
		}
	}
	return line
}

// sliceInfo is what the padding around a shipped function hides.
type sliceInfo struct{ name string }

func newChunk(path, text string) *chunk { return &chunk{path: path, text: text} }

// span is the place of one function in its chunk.
type span struct {
	start, paren, end int // offsets of "function", of "(", and after "end"
	line, parenLine   int
	col               int // of "("
	endLine           int
	name              string // "" for a function without one
	assigned          string // the variable that a function without a name is assigned to
	method            bool
	params            int
	inner             []*span
}

// form notes how a slice is compiled again.
func (s *span) form() string {
	if s.method {
		return formMethod
	}
	return formFunction
}

const (
	formFunction = "function"
	formMethod   = "method"
	formChunk    = "chunk"
)

// scanner cuts a text into functions by its tokens.
type scanner struct {
	text  string
	lines []int // offset of each line's start
	toks  []token
}

type token struct {
	typ, line, off int
	str            string
}

// scanFunctions returns the functions at the top of the text, with those inside
// them. The text is one that compiles.
func scanFunctions(text string) []*span {
	s := &scanner{text: text, lines: lineStarts(text)}
	s.tokens()
	root := &span{}
	stack := []*span{root}       // functions that are open
	blocks := make([]bool, 0, 8) // what each "end" closes: true for a function
	for i := range s.toks {
		switch s.toks[i].typ {
		case parse.TIf, parse.TDo:
			blocks = append(blocks, false)
		case parse.TFunction:
			f := s.function(i)
			top := stack[len(stack)-1]
			top.inner = append(top.inner, f)
			stack, blocks = append(stack, f), append(blocks, true)
		case parse.TEnd:
			if len(blocks) == 0 {
				return root.inner
			}
			if blocks[len(blocks)-1] {
				f := stack[len(stack)-1]
				f.end, f.endLine = s.toks[i].off+len("end"), s.toks[i].line
				stack = stack[:len(stack)-1]
			}
			blocks = blocks[:len(blocks)-1]
		}
	}
	return root.inner
}

// lineStarts finds the lines as gopher-lua's scanner counts them.
func lineStarts(text string) []int {
	starts := []int{0}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\n' && c != '\r' {
			continue
		}
		if i+1 < len(text) && (text[i+1] == '\n' || text[i+1] == '\r') && text[i+1] != c {
			i++
		}
		starts = append(starts, i+1)
	}
	return starts
}

func (s *scanner) tokens() {
	sc := parse.NewScanner(strings.NewReader(s.text), "")
	lx := &parse.Lexer{}
	for {
		t, err := sc.Scan(lx)
		if err != nil || t.Type == parse.EOF || t.Pos.Line < 1 || t.Pos.Line > len(s.lines) {
			return
		}
		s.toks = append(s.toks, token{t.Type, t.Pos.Line, s.lines[t.Pos.Line-1] + t.Pos.Column - 1, t.Str})
	}
}

// function reads the head of the function at token i.
func (s *scanner) function(i int) *span {
	f := &span{start: s.toks[i].off, line: s.toks[i].line}
	if i >= 2 && s.toks[i-1].typ == '=' && s.toks[i-2].typ == parse.TIdent {
		f.assigned = s.toks[i-2].str
	}
	j := i + 1
	for ; j < len(s.toks) && s.toks[j].typ != '('; j++ {
		f.method = f.method || s.toks[j].typ == ':'
		if s.toks[j].typ == '.' { // the scanner gives it no text
			f.name += "."
		}
		f.name += s.toks[j].str
	}
	if j == len(s.toks) {
		return f
	}
	f.paren, f.parenLine = s.toks[j].off, s.toks[j].line
	f.col = f.paren - s.lines[f.parenLine-1] + 1
	for ; j < len(s.toks) && s.toks[j].typ != ')'; j++ {
		if s.toks[j].typ == parse.TIdent {
			f.params++
		}
	}
	if f.method {
		f.params++
	}
	return f
}

// requiredNames lists the names of modules that a text requires as they stand in it:
// require "lib.disk", require("lib.disk").
func requiredNames(text string) []string {
	s := &scanner{text: text, lines: lineStarts(text)}
	s.tokens()
	var names []string
	for i, t := range s.toks {
		if t.typ != parse.TIdent || t.str != "require" || i > 0 && (s.toks[i-1].typ == '.' || s.toks[i-1].typ == ':') {
			continue
		}
		j := i + 1
		if j < len(s.toks) && s.toks[j].typ == '(' {
			j++
		}
		if j < len(s.toks) && s.toks[j].typ == parse.TString && !slices.Contains(names, s.toks[j].str) {
			names = append(names, s.toks[j].str)
		}
	}
	return names
}
