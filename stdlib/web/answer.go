package web

import (
	"context"
	"net/textproto"
	"sort"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
)

// answer is what a server answered. It travels as a record, without json().
type answer struct {
	status    int64
	headers   *value.Dict
	body, url string
	seconds   float64
}

// headerDict has every header under its usual spelling and in lower case, which
// is as near as a plain dict comes to names without case.
func headerDict(h textproto.MIMEHeader) *value.Dict {
	names := make([]string, 0, len(h))
	for n := range h {
		names = append(names, n)
	}
	sort.Strings(names)
	d := &value.Dict{}
	for _, n := range names {
		joined := strings.Join(h[n], ", ")
		_ = d.Set(n, joined) // text is always a key
		_ = d.Set(strings.ToLower(n), joined)
	}
	return d
}

// Port makes a record of it.
func (r *answer) Port() (value.Value, error) {
	s := &value.Struct{Name: "response"}
	for _, name := range []string{"status", "headers", "body", "url", "seconds"} {
		v, _ := r.Attr(name)
		s.Fields = append(s.Fields, value.Field{Name: name, Value: v})
	}
	return s, nil
}

// TypeName makes it an interp.Object.
func (r *answer) TypeName() string { return "Response" }

// AttrNames lists its attributes.
func (r *answer) AttrNames() []string {
	return []string{"body", "headers", "json", "seconds", "status", "url"}
}

// Attr returns an attribute.
func (r *answer) Attr(name string) (value.Value, bool) {
	switch name {
	case "status":
		return r.status, true
	case "headers":
		return r.headers, true
	case "body":
		return r.body, true
	case "url":
		return r.url, true
	case "seconds":
		return r.seconds, true
	case "json":
		return &interp.Func{Name: name, Doc: "Returns the value that the body stands for, read as JSON.",
			Impl: func(context.Context, *interp.Args) (value.Value, error) { return json.Decode(r.body) }}, true
	}
	return nil, false
}
