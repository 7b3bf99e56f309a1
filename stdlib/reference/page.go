package reference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Library is the documentation of modules.
type Library struct {
	modules []*interp.Module
	entries map[string]Entry
}

// New takes the sealed modules of a host.
func New(modules []*interp.Module) (*Library, error) {
	list, err := Entries()
	if err != nil {
		return nil, err
	}
	l := &Library{modules: modules, entries: map[string]Entry{}}
	for _, e := range list {
		l.entries[e.Name] = e
	}
	return l, nil
}

// Names are all modules and functions that Text knows, sorted.
func (l *Library) Names() []string {
	var out []string
	l.each(func(m *interp.Module, name string) {
		if !m.Global {
			out = append(out, name)
		}
	}, func(f *interp.Func) { out = append(out, f.Qualified()) })
	slices.Sort(out)
	return slices.Compact(out)
}

// Overview lists the modules.
func (l *Library) Overview() string {
	var b strings.Builder
	l.each(func(m *interp.Module, name string) {
		if !m.Global {
			fmt.Fprintf(&b, "%-16s %s\n", name, m.Doc)
		}
	}, func(*interp.Func) {})
	return b.String()
}

// each visits modules with their dotted names, and functions.
func (l *Library) each(module func(*interp.Module, string), function func(*interp.Func)) {
	var walk func(m *interp.Module, prefix string)
	walk = func(m *interp.Module, prefix string) {
		module(m, prefix+m.Name)
		for _, f := range functions(m) {
			function(f)
		}
		for _, sub := range m.Modules {
			walk(sub, prefix+m.Name+".")
		}
	}
	for _, m := range l.modules {
		if m.Only != "lua" { // Lua's own are in Lua's manual
			walk(m, "")
		}
	}
}

func functions(m *interp.Module) []*interp.Func {
	if m.Call == nil {
		return m.Funcs
	}
	return append([]*interp.Func{m.Call}, m.Funcs...)
}

// Signature is how a function is called, with its defaults.
func Signature(f *interp.Func) string {
	var parts []string
	star := false
	for _, p := range f.Params {
		if p.KeywordOnly && !star {
			star = true
			if f.Rest == "" {
				parts = append(parts, "*")
			} else {
				parts = append(parts, "*"+f.Rest)
			}
		}
		text := p.Name
		if !p.Required {
			text += "=" + showDefault(p)
		}
		parts = append(parts, text)
	}
	if f.Rest != "" && !star {
		parts = append(parts, "*"+f.Rest)
	}
	if f.Keywords != "" {
		parts = append(parts, "**"+f.Keywords)
	}
	return f.Qualified() + "(" + strings.Join(parts, ", ") + ")"
}

func showDefault(p interp.Param) string {
	if n, ok := p.Default.(int64); ok && p.Name == "mode" {
		return fmt.Sprintf("0o%o", n)
	}
	if _, dynamic := p.Default.(interp.Object); dynamic {
		return value.TypeName(p.Default)
	}
	return interp.Show(p.Default)
}

// Text is the documentation of a module or function for a terminal; ok is false
// for a name that is not known.
func (l *Library) Text(name string) (text string, ok bool) {
	var b strings.Builder
	l.each(func(m *interp.Module, own string) {
		if own == name && !m.Global {
			ok = true
			fmt.Fprintf(&b, "%s: %s\n\n", own, m.Doc)
			for _, f := range functions(m) {
				fmt.Fprintf(&b, "  %s\n      %s\n", Signature(f), firstSentence(f.Doc))
			}
			if len(m.AttrNames) > 0 {
				fmt.Fprintf(&b, "  and the values %s\n", strings.Join(m.AttrNames, ", "))
			}
		}
	}, func(f *interp.Func) {
		if f.Qualified() == name {
			if ok {
				b.WriteString("\n")
			}
			ok = true
			l.function(&b, f)
		}
	})
	return b.String(), ok
}

func firstSentence(doc string) string {
	first, _, _ := strings.Cut(doc, ". ")
	return strings.TrimSuffix(first, ".") + "."
}

func (l *Library) function(b *strings.Builder, f *interp.Func) {
	fmt.Fprintf(b, "%s\n\n  %s\n", Signature(f), f.Doc)
	if len(f.Params) > 0 {
		b.WriteString("\n")
	}
	for _, p := range f.Params {
		fmt.Fprintf(b, "  %-14s %s\n", p.Name, p.Doc)
	}
	e, ok := l.entries[f.Qualified()]
	if !ok {
		return
	}
	fmt.Fprintf(b, "\n  returns        %s\n", e.Returns)
	if e.Raises != "" {
		fmt.Fprintf(b, "  raises         %s\n", e.Raises)
	}
	fmt.Fprintf(b, "\n  Starlark:\n    %s\n", strings.Join(e.Starlark, "\n    "))
	fmt.Fprintf(b, "  Lua:\n    %s\n", strings.Join(e.Lua, "\n    "))
	fmt.Fprintf(b, "  %s\n", e.outcome())
}

func (e Entry) outcome() string {
	switch {
	case e.Fails == "exit":
		return "ends the script or the context"
	case e.Fails != "":
		return "raises " + e.Fails
	case e.Gives != e.LuaGives:
		return "gives " + e.Gives + ", in Lua " + e.LuaGives
	}
	return "gives " + e.Gives
}

// Pages are the reference's files in Markdown, by name: one for each module, and
// README.md, which lists them.
func (l *Library) Pages() map[string]string {
	pages := map[string]string{}
	var index strings.Builder
	index.WriteString("# Reference\n\nWritten by `make docs` from what `mitoscript doc` prints.\n\n| module | what it is for |\n|---|---|\n")
	var current *strings.Builder
	texts := map[string]*strings.Builder{}
	l.each(func(m *interp.Module, name string) {
		if m.Global {
			return
		}
		current = &strings.Builder{}
		texts[name] = current
		fmt.Fprintf(current, "# %s\n\n%s\n", name, m.Doc)
		if len(m.AttrNames) > 0 {
			fmt.Fprintf(current, "\nValues: `%s`.\n", strings.Join(m.AttrNames, "`, `"))
		}
		fmt.Fprintf(&index, "| [%s](%s.md) | %s |\n", name, name, m.Doc)
	}, func(f *interp.Func) {
		if strings.Contains(f.Qualified(), ".") || texts[f.Qualified()] != nil {
			l.markdown(current, f)
		}
	})
	for name, b := range texts {
		pages[name+".md"] = b.String()
	}
	pages["README.md"] = index.String()
	return pages
}

func (l *Library) markdown(b *strings.Builder, f *interp.Func) {
	fmt.Fprintf(b, "\n## %s\n\n`%s`\n\n%s\n", f.Qualified(), Signature(f), f.Doc)
	if len(f.Params) > 0 {
		b.WriteString("\n| parameter | |\n|---|---|\n")
		for _, p := range f.Params {
			fmt.Fprintf(b, "| `%s` | %s |\n", p.Name, strings.ReplaceAll(p.Doc, "|", `\|`))
		}
	}
	e, ok := l.entries[f.Qualified()]
	if !ok {
		return
	}
	fmt.Fprintf(b, "\nReturns %s.", e.Returns)
	if e.Raises != "" {
		fmt.Fprintf(b, " Raises %s.", e.Raises)
	}
	fmt.Fprintf(b, "\n\n```python\n%s\n```\n\n```lua\n%s\n```\n\nThe last line %s.\n",
		strings.Join(e.Starlark, "\n"), strings.Join(e.Lua, "\n"), e.outcome())
}
