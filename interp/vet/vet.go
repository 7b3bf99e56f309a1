package vet

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
)

// Finding is something that is wrong with a script.
type Finding struct {
	Path      string
	Line, Col int // from 1
	Message   string
}

// String gives "path:line:col: message".
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", f.Path, f.Line, f.Col, f.Message)
}

// Names is what a language says of the names that it predeclares.
type Names interface {
	interp.Interp
	// Predeclared lists the names that every script has.
	Predeclared() []string
	// Members lists what a predeclared module or object has, by its dotted name as
	// scripts write it; ok is false if it is none, or takes any name.
	Members(dotted string) (names []string, ok bool)
}

// Checker vets the scripts of one Host.
type Checker struct {
	// Host has the modules that scripts see, and finds the files that they load.
	Host *interp.Host
}

// Check gives the findings of a script in the language called lang, in the order of
// the text. The Host's lock is held.
func (c *Checker) Check(ctx context.Context, lang string, src interp.Source) ([]Finding, error) {
	in, err := c.Host.Interp(lang)
	if err != nil {
		return nil, err
	}
	names, ok := in.(Names)
	if !ok {
		return nil, fmt.Errorf("scripts in %s cannot be checked", lang)
	}
	r := &report{ctx: ctx, lib: &library{host: c.Host, names: names}, src: src}
	if lang == "lua" {
		r.lua()
	} else {
		r.starlark()
	}
	slices.SortStableFunc(r.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(r.found), nil
}

// report collects the findings of one script.
type report struct {
	ctx   context.Context
	lib   *library
	src   interp.Source
	found []Finding
}

func (r *report) add(line, col int, format string, args ...any) {
	r.found = append(r.found, Finding{r.src.Path, max(line, 1), max(col, 1), fmt.Sprintf(format, args...)})
}

// find gives the source of a module that the script loads; that there is none is a
// finding.
func (r *report) find(name string, line, col int) (interp.Source, bool) {
	if r.lib.host.Loader == nil {
		return interp.Source{}, false
	}
	src, err := r.lib.host.Loader.Find(r.ctx, r.src.Path, name, r.lib.names.Extension())
	if err != nil {
		r.add(line, col, "%v", err)
	}
	return src, err == nil
}

// target checks the text that names a function of a library: "lib/db.lua:backup".
func (r *report) target(text string, line, col int) {
	path, name, ok := strings.Cut(text, ":")
	if !ok || path == "" || name == "" {
		r.add(line, col, "cannot call %q: want a function or \"path:function\"", text)
		return
	}
	ext := path[strings.LastIndexByte(path, '.')+1:]
	in, ok := r.lib.host.ByExtension("." + ext)
	if !ok {
		r.add(line, col, "cannot call %q: %s is in no known language", text, path)
		return
	}
	src, err := r.lib.host.Loader.Find(r.ctx, r.src.Path, path, in.Extension())
	if err != nil {
		r.add(line, col, "cannot call %q: %v", text, err)
		return
	}
	if in.Name() == "starlark" && !slices.Contains(globalsOf(src), name) {
		r.add(line, col, "cannot call %q: %s has no function %s", text, path, name)
	}
}

// Read reads a script from a file.
func Read(path string) (interp.Source, error) {
	text, err := os.ReadFile(path)
	return interp.Source{Path: path, Text: text}, err
}
