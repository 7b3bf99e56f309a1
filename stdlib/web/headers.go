package web

import (
	"context"
	"net/textproto"
	"slices"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// headers are those of an answer, each under its usual spelling and found under
// any. On their own they travel as a dict.
type headers struct {
	names  []string // sorted
	values map[string]string
}

func readHeaders(h textproto.MIMEHeader) *headers {
	out := &headers{values: make(map[string]string, len(h))}
	for name, values := range h {
		out.names = append(out.names, name)
		out.values[name] = strings.Join(values, ", ")
	}
	slices.Sort(out.names)
	return out
}

// headersOf makes headers of the dict that they travelled as.
func headersOf(v value.Value) (*headers, bool) {
	if h, ok := v.(*headers); ok {
		return h, true
	}
	d, ok := v.(*value.Dict)
	if !ok {
		return nil, false
	}
	out := &headers{values: make(map[string]string, d.Len())}
	for _, it := range d.Items() {
		name, isName := it.Key.(string)
		text, isText := it.Value.(string)
		if !isName || !isText {
			return nil, false
		}
		out.names = append(out.names, name)
		out.values[name] = text
	}
	return out, true
}

// Lookup makes them interp.Folded.
func (h *headers) Lookup(name string) (value.Value, bool) {
	for _, n := range h.names {
		if strings.EqualFold(n, name) {
			return h.values[n], true
		}
	}
	return nil, false
}

// Len is how many names there are.
func (h *headers) Len() int { return len(h.names) }

// Dict gives them as they are spelled.
func (h *headers) Dict() *value.Dict {
	d := value.NewDict(len(h.names))
	for _, n := range h.names {
		d.Append(n, h.values[n])
	}
	return d
}

// Port gives them as they are spelled.
func (h *headers) Port() (value.Value, error) { return h.Dict(), nil }

// Show is that of the dict.
func (h *headers) Show() string { return interp.Show(h.Dict()) }

// TypeName makes them an interp.Object.
func (h *headers) TypeName() string { return "Headers" }

// AttrNames lists their methods, which are those of a dict that is read.
func (h *headers) AttrNames() []string { return []string{"get", "items", "keys", "values"} }

// Attr returns a method.
func (h *headers) Attr(name string) (value.Value, bool) {
	each := func(doc string, of func(it value.Item) value.Value) (value.Value, bool) {
		return &interp.Func{Name: name, Doc: doc, Impl: func(context.Context, *interp.Args) (value.Value, error) {
			out := make(value.List, 0, h.Len())
			for _, it := range h.Dict().Items() {
				out = append(out, of(it))
			}
			return out, nil
		}}, true
	}
	switch name {
	case "get":
		return &interp.Func{Name: name, Doc: "Returns the value of a header, or the default.", Impl: h.get,
			Params: []interp.Param{{Name: "name", Doc: "Its name, in any case.", Required: true}, {Name: "default", Doc: "The result without it."}}}, true
	case "keys":
		return each("Returns the names.", func(it value.Item) value.Value { return it.Key })
	case "values":
		return each("Returns the values.", func(it value.Item) value.Value { return it.Value })
	case "items":
		return each("Returns pairs of names and values.", func(it value.Item) value.Value { return value.Tuple{it.Key, it.Value} })
	}
	return nil, false
}

func (h *headers) get(_ context.Context, a *interp.Args) (value.Value, error) {
	name, err := a.String("name")
	if err != nil {
		return nil, err
	}
	if v, ok := h.Lookup(name); ok {
		return v, nil
	}
	return a.Value("default"), nil
}
