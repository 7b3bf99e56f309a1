package web

import (
	"context"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Module makes the module http.
func Module() *interp.Module {
	c := &clients{}
	m := &interp.Module{Name: "http", Doc: "Requests to web servers.",
		Records: map[string]func(*value.Struct) (interp.Object, bool){recordName: whole}}
	for _, method := range []string{"get", "post", "put", "patch", "delete", "head"} {
		m.Funcs = append(m.Funcs, &interp.Func{
			Name: method, Doc: "Sends a " + strings.ToUpper(method) + " request and returns the answer: status, headers, body, json(), url, seconds.",
			Params: requestParams(), Blocking: true,
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
				return c.request(ctx, strings.ToUpper(method), a)
			}})
	}
	m.Funcs = append(m.Funcs, &interp.Func{
		Name: "download", Doc: "Writes what a server answers into a file, which appears when it is complete.",
		Params: []interp.Param{
			{Name: "url", Doc: "The address.", Required: true},
			{Name: "path", Doc: "The file.", Required: true},
			{Name: "sha256", Doc: "The checksum that it must have; another is a ValueError and leaves no file."},
			{Name: "mode", Doc: "The file's mode."},
			{Name: "timeout", Doc: "Seconds for all of it."},
		}, Blocking: true, Impl: c.download})
	return m
}

func requestParams() []interp.Param {
	return []interp.Param{
		{Name: "url", Doc: "The address.", Required: true},
		{Name: "headers", Doc: "A dict of headers.", Default: nil},
		{Name: "params", Doc: "A dict that is added to the address as its query.", Default: nil},
		{Name: "json", Doc: "A value that is sent as JSON."},
		{Name: "data", Doc: "Text or bytes that is sent, or a dict that is sent as a form."},
		{Name: "timeout", Doc: "Seconds for all of it; None for no limit.", Default: 30.0},
		{Name: "auth", Doc: "(user, password)."},
		{Name: "verify", Doc: "Checks the server's certificate; a path names a file of the authorities that are trusted, in PEM form.", Default: true},
		{Name: "check", Doc: "Raises an HTTPError for a status of 400 or more.", Default: true},
	}
}
