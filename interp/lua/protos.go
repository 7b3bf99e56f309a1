package lua

import (
	"weak"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp/ship"
)

// origin is where a compiled function comes from.
type origin struct {
	chunk *chunk
	span  *span // nil for a chunk's own function
	// source is its slice, made when it is shipped for the first time.
	source *ship.Source
}

// protoTable knows the origin of every compiled function that is alive.
type protoTable struct {
	m     map[weak.Pointer[glua.FunctionProto]]*origin
	sweep int
}

// add notes the functions of a chunk. Where they stand in it is found out when
// somebody asks.
func (p *protoTable) add(c *chunk, root *glua.FunctionProto) {
	if p.m == nil {
		p.m, p.sweep = map[weak.Pointer[glua.FunctionProto]]*origin{}, 1024
	}
	if len(p.m) >= p.sweep {
		for k := range p.m {
			if k.Value() == nil {
				delete(p.m, k)
			}
		}
		p.sweep = max(1024, 2*len(p.m))
	}
	c.root = root
	p.addTree(c, root)
	if c.slice == nil && c.module == nil && len(c.text) < 512 {
		p.match(c) // a short text is likely to be one of many: hold nothing of it
	}
}

func (p *protoTable) addTree(c *chunk, f *glua.FunctionProto) {
	p.m[weak.Make(f)] = &origin{chunk: c}
	for _, inner := range f.FunctionPrototypes {
		p.addTree(c, inner)
	}
}

// of returns the origin of f, nil if it is not known.
func (p *protoTable) of(f *glua.FunctionProto) *origin {
	o := p.m[weak.Make(f)]
	if o != nil && !o.chunk.matched {
		p.match(o.chunk)
	}
	return o
}

func (p *protoTable) match(c *chunk) {
	c.matched = true
	if c.slice == nil {
		c.noteVariables(c.root)
	}
	p.matchList(c.root.FunctionPrototypes, scanFunctions(c.text))
	c.root = nil
}

// matchList finds the place of each function among those that stand beside each
// other. They are compiled in the order of the text; the lines guard against
// anything else.
func (p *protoTable) matchList(protos []*glua.FunctionProto, spans []*span) {
	used := make([]bool, len(spans))
	for _, f := range protos {
		for i, s := range spans {
			if !used[i] && fits(f, s) {
				used[i] = true
				p.m[weak.Make(f)].span = s
				p.matchList(f.FunctionPrototypes, s.inner)
				break
			}
		}
	}
}

func fits(f *glua.FunctionProto, s *span) bool {
	return (f.LineDefined == s.parenLine || f.LineDefined == s.line) && f.LastLineDefined == s.endLine &&
		int(f.NumParameters) == s.params && len(f.FunctionPrototypes) == len(s.inner)
}

// name is what tracebacks call f.
func (p *protoTable) name(f *glua.FunctionProto) string {
	o := p.of(f)
	switch {
	case o == nil:
		return "function"
	case o.span == nil:
		return "<toplevel>"
	}
	return o.name()
}

// name is the function's name as it stands in the script.
func (o *origin) name() string {
	if o.span == nil {
		return "<toplevel>"
	}
	if s := o.chunk.slice; s != nil && o.span.isSlice() {
		if s.name == "" {
			return "function"
		}
		return s.name
	}
	if o.span.name == "" {
		return "function"
	}
	return o.span.name
}

// isSlice reports whether s is the function that a slice's chunk was made for.
func (s *span) isSlice() bool { return s.name == sliceFunction || s.name == sliceMethod }
