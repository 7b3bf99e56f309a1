package regex

import (
	"context"
	"regexp"
	"sync"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Module makes the module re.
func Module() *interp.Module {
	c := &cache{}
	pattern := interp.Param{Name: "pattern", Doc: "RE2 syntax.", Required: true}
	m := &interp.Module{Name: "re", Doc: "Regular expressions in RE2 syntax. Positions count bytes from 0."}
	for _, op := range operations() {
		m.Funcs = append(m.Funcs, &interp.Func{
			Name: op.name, Doc: op.doc, Params: append([]interp.Param{pattern}, op.params...),
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
				p, err := c.arg(a)
				if err != nil {
					return nil, err
				}
				return op.impl(ctx, p, a)
			}})
	}
	m.Funcs = append(m.Funcs,
		&interp.Func{Name: "escape", Doc: "Returns a pattern that matches a text as it stands.",
			Params: []interp.Param{{Name: "text", Doc: "The text.", Required: true}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				text, err := a.Data("text")
				return escape(text), err
			}},
		&interp.Func{Name: "compile", Doc: "Returns a pattern object with the functions of this module as methods.",
			Params: []interp.Param{pattern}, NoTarget: "its result, a compiled pattern, cannot travel",
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				p, err := c.arg(a)
				if err != nil {
					return nil, err
				}
				return p, nil
			}})
	return m
}

// operation is one function of a pattern and a text.
type operation struct {
	name, doc string
	params    []interp.Param
	impl      func(ctx context.Context, p *Pattern, a *interp.Args) (value.Value, error)
}

func operations() []operation {
	text := interp.Param{Name: "text", Doc: "The text to look in.", Required: true}
	return []operation{
		{"match", "Returns the match at the start of a text, None if there is none.", []interp.Param{text},
			func(_ context.Context, p *Pattern, a *interp.Args) (value.Value, error) { return find(p, p.match, a) }},
		{"search", "Returns the first match anywhere in a text, None if there is none.", []interp.Param{text},
			func(_ context.Context, p *Pattern, a *interp.Args) (value.Value, error) { return find(p, p.search, a) }},
		{"find_all", "Returns the text of all matches as a list: of the group if there is one, of tuples if there are several.",
			[]interp.Param{text}, findAll},
		{"split", "Splits a text at the matches; the text of groups is put between.",
			[]interp.Param{text, {Name: "maxsplit", Doc: "How often at most; 0 for no limit.", Default: int64(0)}}, split},
		{"sub", "Replaces matches.", []interp.Param{
			{Name: "repl", Doc: "Text, in which \\1 and \\g<name> stand for groups, or a function of the match.", Required: true},
			text, {Name: "count", Doc: "How many at most; 0 for all.", Default: int64(0)}}, substitute},
	}
}

func find(p *Pattern, re *regexp.Regexp, a *interp.Args) (value.Value, error) {
	text, err := a.Data("text")
	if err != nil {
		return nil, err
	}
	loc := re.FindStringSubmatchIndex(text)
	if loc == nil {
		return nil, nil
	}
	return &match{pattern: p, text: text, loc: loc}, nil
}

func findAll(_ context.Context, p *Pattern, a *interp.Args) (value.Value, error) {
	text, err := a.Data("text")
	if err != nil {
		return nil, err
	}
	out := value.List{}
	groups := p.search.NumSubexp()
	for _, loc := range p.all(text, 0) {
		if groups <= 1 {
			s, _ := sub(text, loc, groups)
			out = append(out, s)
			continue
		}
		t := make(value.Tuple, groups)
		for i := range t {
			t[i], _ = sub(text, loc, i+1)
		}
		out = append(out, t)
	}
	return out, nil
}

func split(_ context.Context, p *Pattern, a *interp.Args) (value.Value, error) {
	text, err := a.Data("text")
	if err != nil {
		return nil, err
	}
	limit, err := a.Int("maxsplit")
	if err != nil {
		return nil, err
	}
	out := value.List{}
	last := 0
	for _, loc := range p.all(text, int(limit)) {
		out = append(out, text[last:loc[0]])
		for g := range p.search.NumSubexp() {
			if s, ok := sub(text, loc, g+1); ok {
				out = append(out, s)
			} else {
				out = append(out, nil)
			}
		}
		last = loc[1]
	}
	return append(out, text[last:]), nil
}

func substitute(ctx context.Context, p *Pattern, a *interp.Args) (value.Value, error) {
	text, err := a.Data("text")
	if err != nil {
		return nil, err
	}
	count, err := a.Int("count")
	if err != nil {
		return nil, err
	}
	fn, ok := a.Value("repl").(interp.Callable)
	if !ok {
		repl, err := a.Data("repl")
		if err != nil {
			return nil, a.Errorf("argument repl: want text or a function, got %s", value.TypeName(a.Value("repl")))
		}
		out, _, err := p.Replace(text, repl, int(count))
		return out, err
	}
	out, _, err := p.replace(text, int(count), func(loc []int) (string, error) {
		v, err := fn.Call(ctx, []value.Value{&match{pattern: p, text: text, loc: loc}}, nil)
		if err != nil {
			return "", err
		}
		switch v := v.(type) {
		case string:
			return v, nil
		case value.Bytes:
			return string(v), nil
		}
		return "", a.Errorf("the function repl returned %s, want text", value.TypeName(v))
	})
	return out, err
}

// cache keeps the patterns that were used last, since scripts compile in loops.
type cache struct {
	mu       sync.Mutex
	patterns map[string]*Pattern // guarded by mu
}

const cacheSize = 64

// arg returns the pattern in the argument of that name: text or compiled.
func (c *cache) arg(a *interp.Args) (*Pattern, error) {
	if p, ok := a.Value("pattern").(*Pattern); ok {
		return p, nil
	}
	source, err := a.Data("pattern")
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := c.patterns[source]; ok {
		return p, nil
	}
	p, err := Compile(source)
	if err != nil {
		return nil, err
	}
	if c.patterns == nil || len(c.patterns) >= cacheSize {
		c.patterns = make(map[string]*Pattern, cacheSize)
	}
	c.patterns[source] = p
	return p, nil
}
