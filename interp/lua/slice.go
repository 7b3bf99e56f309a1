package lua

import (
	"errors"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// The names under which a slice's function stands in the text that is compiled
// for it; that text is never run.
const (
	sliceFunction = "__shipped.f"
	sliceMethod   = "__shipped:f"
)

const (
	maxSlices = 4096
	maxLine   = 1 << 20
)

// source is the slice of a function: from "(" to "end", or a whole chunk.
func (in *Interp) source(f *glua.FunctionProto, o *origin) (*ship.Source, error) {
	if o.source != nil {
		return o.source, nil
	}
	src := &ship.Source{Path: f.SourceName, Names: globalNames(f), Cells: append([]string(nil), f.DbgUpvalues...)}
	switch {
	case o.span != nil:
		s := o.span
		src.Line, src.Col, src.Text = s.parenLine, s.col, o.chunk.text[s.paren:s.end]
		src.Name, src.Form = s.name, s.form()
	case f.LineDefined == 0:
		src.Line, src.Col, src.Text, src.Form = 1, 1, o.chunk.text, formChunk
	default:
		return nil, errors.New("a function whose source was not found")
	}
	src.Loads = in.laterLoads(o.chunk, requiredNames(src.Text), nil)
	o.source = src
	return src, nil
}

// globalNames lists the global variables that f and the functions in it read or
// set, in the order of their first use.
func globalNames(f *glua.FunctionProto) []string {
	var names []string
	seen := map[string]bool{}
	var scan func(f *glua.FunctionProto)
	scan = func(f *glua.FunctionProto) {
		for _, inst := range f.Code {
			if op := int(inst >> 26); op != glua.OP_GETGLOBAL && op != glua.OP_SETGLOBAL {
				continue
			}
			if i := int(inst & 0x3ffff); i < len(f.Constants) {
				if name, ok := f.Constants[i].(glua.LString); ok && !seen[string(name)] {
					seen[string(name)] = true
					names = append(names, string(name))
				}
			}
		}
		for _, inner := range f.FunctionPrototypes {
			scan(inner)
		}
	}
	scan(f)
	return names
}

// sliceProto compiles a slice where it stood, once.
func (in *Interp) sliceProto(src *ship.Source) (*glua.FunctionProto, error) {
	if src.Line > maxLine {
		return nil, value.Errorf(value.KindValue, "function %s: it stands on line %d (at most %d)", src.Name, src.Line, maxLine)
	}
	hash := src.Hash()
	if p := in.slices[hash]; p != nil {
		return p, nil
	}
	c := newChunk(src.Path, sliceText(src))
	c.slice = &sliceInfo{name: src.Name}
	in.announceLoads(c, src.Loads)
	root, err := in.compile(c)
	if err != nil {
		return nil, value.Errorf(value.KindScript, "cannot compile function %s: %w", src.Name, err)
	}
	p := root
	if src.Form != formChunk {
		if len(root.FunctionPrototypes) == 0 {
			return nil, value.Errorf(value.KindValue, "function %s: its slice holds no function", src.Name)
		}
		p = root.FunctionPrototypes[0]
	}
	if o := in.protos.of(p); o != nil {
		o.source = src
	}
	if len(in.slices) >= maxSlices {
		clear(in.slices)
	}
	in.slices[hash] = p
	return p, nil
}

// sliceText is a text in which the slice stands on its own line and sees the
// variables that it captured.
func sliceText(src *ship.Source) string {
	if src.Form == formChunk {
		return src.Text
	}
	var b strings.Builder
	b.WriteString(strings.Repeat("\n", max(0, src.Line-1)))
	if len(src.Cells) > 0 {
		b.WriteString("local " + strings.Join(src.Cells, ",") + " ")
	}
	if src.Form == formMethod {
		b.WriteString("function " + sliceMethod)
	} else {
		b.WriteString("function " + sliceFunction)
	}
	b.WriteString(src.Text)
	return b.String()
}
