package regex

import (
	"context"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// TypeName makes a Pattern an interp.Object.
func (p *Pattern) TypeName() string { return "Pattern" }

// AttrNames lists the attributes of a pattern.
func (p *Pattern) AttrNames() []string {
	return []string{"find_all", "match", "pattern", "search", "split", "sub"}
}

// Attr returns an attribute of a pattern.
func (p *Pattern) Attr(name string) (value.Value, bool) {
	if name == "pattern" {
		return p.source, true
	}
	for _, op := range operations() {
		if op.name == name {
			return &interp.Func{Name: op.name, Doc: op.doc, Params: op.params,
				Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) { return op.impl(ctx, p, a) }}, true
		}
	}
	return nil, false
}

// match is one place where a pattern matched.
type match struct {
	pattern *Pattern
	text    string
	loc     []int
}

// TypeName makes a match an interp.Object.
func (m *match) TypeName() string { return "Match" }

// AttrNames lists the attributes of a match.
func (m *match) AttrNames() []string {
	return []string{"end", "group", "groupdict", "groups", "span", "start", "text"}
}

// Attr returns an attribute of a match.
func (m *match) Attr(name string) (value.Value, bool) {
	which := []interp.Param{{Name: "n_or_name", Doc: "A group's number or name; 0 is the whole match.", Default: int64(0)}}
	def := []interp.Param{{Name: "default", Doc: "Stands for groups that took no part."}}
	switch name {
	case "text":
		return m.text, true
	case "group":
		return &interp.Func{Name: name, Doc: "Returns the text of a group, None if it took no part. Several names give a tuple.", Params: which, Rest: "more", Impl: m.group}, true
	case "groups":
		return &interp.Func{Name: name, Doc: "Returns the text of all groups as a tuple.", Params: def, Impl: m.groups}, true
	case "groupdict":
		return &interp.Func{Name: name, Doc: "Returns the text of all named groups as a dict.", Params: def, Impl: m.groupDict}, true
	case "span":
		return m.position(name, "Returns the start and the end of a group as a tuple.", func(from, to int64) value.Value {
			return value.Tuple{from, to}
		}), true
	case "start":
		return m.position(name, "Returns where a group starts, -1 if it took no part.", func(from, _ int64) value.Value { return from }), true
	case "end":
		return m.position(name, "Returns where a group ends, -1 if it took no part.", func(_, to int64) value.Value { return to }), true
	}
	return nil, false
}

func (m *match) position(name, doc string, pick func(from, to int64) value.Value) *interp.Func {
	return &interp.Func{Name: name, Doc: doc,
		Params: []interp.Param{{Name: "n_or_name", Doc: "A group's number or name; 0 is the whole match.", Default: int64(0)}},
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			n, err := m.pattern.group(a.Value("n_or_name"))
			if err != nil {
				return nil, err
			}
			return pick(int64(m.loc[2*n]), int64(m.loc[2*n+1])), nil
		}}
}

// of is the text of group n, def if it took no part.
func (m *match) of(n int, def value.Value) value.Value {
	if s, ok := sub(m.text, m.loc, n); ok {
		return s
	}
	return def
}

func (m *match) group(_ context.Context, a *interp.Args) (value.Value, error) {
	wanted := append([]value.Value{a.Value("n_or_name")}, a.Rest...)
	out := make(value.Tuple, len(wanted))
	for i, w := range wanted {
		n, err := m.pattern.group(w)
		if err != nil {
			return nil, err
		}
		out[i] = m.of(n, nil)
	}
	if len(out) == 1 {
		return out[0], nil
	}
	return out, nil
}

func (m *match) groups(_ context.Context, a *interp.Args) (value.Value, error) {
	out := make(value.Tuple, m.pattern.search.NumSubexp())
	for i := range out {
		out[i] = m.of(i+1, a.Value("default"))
	}
	return out, nil
}

func (m *match) groupDict(_ context.Context, a *interp.Args) (value.Value, error) {
	d := &value.Dict{}
	for i, name := range m.pattern.search.SubexpNames() {
		if name != "" {
			if err := d.Set(name, m.of(i, a.Value("default"))); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}
