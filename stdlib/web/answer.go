package web

import (
	"context"
	"strconv"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
)

// answer is what a server answered. It travels whole.
type answer struct {
	status    int64
	headers   *headers
	body, url string
	seconds   float64
}

// Port makes a record of it, of which whole makes an answer again.
func (r *answer) Port() (value.Value, error) {
	return &value.Struct{Name: recordName, Fields: []value.Field{
		{Name: "status", Value: r.status}, {Name: "headers", Value: r.headers.Dict()}, {Name: "body", Value: r.body},
		{Name: "url", Value: r.url}, {Name: "seconds", Value: r.seconds},
	}}, nil
}

// recordName is what an answer is called while it travels.
const recordName = "response"

// whole makes an answer of a record that arrived, if it is one.
func whole(s *value.Struct) (interp.Object, bool) {
	var r answer
	ok := len(s.Fields) == 5
	for _, f := range s.Fields {
		fits := false
		switch f.Name {
		case "status":
			r.status, fits = f.Value.(int64)
		case "headers":
			r.headers, fits = headersOf(f.Value)
		case "body":
			r.body, fits = f.Value.(string)
		case "url":
			r.url, fits = f.Value.(string)
		case "seconds":
			r.seconds, fits = f.Value.(float64)
		}
		ok = ok && fits
	}
	return &r, ok && r.headers != nil
}

// Show is its text.
func (r *answer) Show() string {
	return "<Response " + strconv.FormatInt(r.status, 10) + " of " + r.url + ">"
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
