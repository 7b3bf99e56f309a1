package ini

import (
	"sort"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
)

// defaults is the section whose values all others have.
const defaults = "DEFAULT"

// Module makes the module ini.
func Module() *interp.Module {
	return &interp.Module{Name: "ini", Doc: "Sections of named texts, as in Python's configparser.",
		Funcs: []*interp.Func{format.Encode("INI", Encode), format.Decode("INI", Decode)}}
}

// Decode reads sections as dicts of text. Names of options are in lower case;
// every section has those of DEFAULT too.
func Decode(text string) (value.Value, error) {
	r := &reader{sections: &value.Dict{}}
	for line := range strings.Lines(text) {
		r.line++
		if err := r.read(strings.TrimRight(line, "\r\n")); err != nil {
			return nil, err
		}
	}
	r.flush()
	return r.withDefaults()
}

// reader keeps the option that further lines may continue.
type reader struct {
	line     int
	sections *value.Dict
	section  *value.Dict
	key      string
	value    []string
	indent   int // of the option's own line
}

func (r *reader) fail(reason string) error { return format.ParseError("INI", r.line, 0, reason) }

func (r *reader) read(line string) error {
	trimmed := strings.TrimSpace(line)
	if strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, ";") {
		return nil
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	if trimmed == "" {
		if r.key != "" {
			r.value = append(r.value, "")
		}
		return nil
	}
	if r.key != "" && indent > r.indent {
		r.value = append(r.value, trimmed)
		return nil
	}
	r.flush()
	if name, ok := strings.CutPrefix(trimmed, "["); ok {
		end := strings.IndexByte(name, ']')
		if end < 0 {
			return r.fail(`a section's name without "]"`)
		}
		return r.open(name[:end])
	}
	return r.option(trimmed, indent)
}

func (r *reader) open(name string) error {
	old, ok := r.sections.Get(name)
	if ok && name != defaults {
		return r.fail("section " + strconv.Quote(name) + " a second time")
	}
	if ok {
		r.section = old.(*value.Dict)
		return nil
	}
	r.section = &value.Dict{}
	return r.sections.Set(name, r.section)
}

func (r *reader) option(line string, indent int) error {
	if r.section == nil {
		return r.fail("an option before the first section")
	}
	i := strings.IndexAny(line, "=:")
	if i < 0 {
		return r.fail(`want "name = value"`)
	}
	key := strings.ToLower(strings.TrimSpace(line[:i]))
	if key == "" {
		return r.fail("an option without a name")
	}
	if _, ok := r.section.Get(key); ok {
		return r.fail("option " + strconv.Quote(key) + " a second time")
	}
	r.key, r.indent, r.value = key, indent, []string{strings.TrimSpace(line[i+1:])}
	return r.section.Set(key, "")
}

// flush ends the option that was read last.
func (r *reader) flush() {
	if r.key != "" {
		text := strings.TrimRight(strings.Join(r.value, "\n"), "\n")
		_ = r.section.Set(r.key, text) // text is always a key
	}
	r.key = ""
}

func (r *reader) withDefaults() (value.Value, error) {
	shared, ok := r.sections.Get(defaults)
	if !ok {
		return r.sections, nil
	}
	for _, s := range r.sections.Items() {
		section := s.Value.(*value.Dict)
		for _, it := range shared.(*value.Dict).Items() {
			if _, ok := section.Get(it.Key); !ok {
				if err := section.Set(it.Key, it.Value); err != nil {
					return nil, err
				}
			}
		}
	}
	return r.sections, nil
}

// Encode writes a dict of sections. Options that equal DEFAULT's are left out of
// the other sections, so that what was decoded comes out as it was.
func Encode(v value.Value, o format.Options) (string, error) {
	sections, ok := members(v)
	if !ok {
		return "", value.Errorf(value.KindValue, "cannot encode %s as INI: want a dict of sections", value.TypeName(v))
	}
	shared := map[string]string{}
	var b strings.Builder
	for _, s := range ordered(sections, o) {
		options, ok := members(s.Value)
		if !ok {
			return "", format.Refuse("INI", "["+strconv.Quote(s.Name)+"]", s.Value)
		}
		if s.Name == "" || strings.ContainsAny(s.Name, "]\n") {
			return "", value.Errorf(value.KindValue, "cannot encode %q as the name of a section", s.Name)
		}
		b.WriteString("[" + s.Name + "]\n")
		for _, f := range options {
			if err := option(&b, s.Name, f, shared); err != nil {
				return "", err
			}
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

func option(b *strings.Builder, section string, f value.Field, shared map[string]string) error {
	text, ok := optionText(f.Value)
	if !ok {
		return format.Refuse("INI", "["+strconv.Quote(section)+"]["+strconv.Quote(f.Name)+"]", f.Value)
	}
	if f.Name == "" || f.Name != strings.TrimSpace(f.Name) || strings.ContainsAny(f.Name, "=:\n") || strings.ContainsAny(f.Name[:1], "[#;") {
		return value.Errorf(value.KindValue, "cannot encode %q as the name of an option", f.Name)
	}
	if section == defaults {
		shared[strings.ToLower(f.Name)] = text
	} else if common, ok := shared[strings.ToLower(f.Name)]; ok && common == text {
		return nil
	}
	line := strings.TrimRight(f.Name+" = "+strings.ReplaceAll(text, "\n", "\n\t"), " ")
	b.WriteString(line + "\n")
	return nil
}

// ordered puts DEFAULT first.
func ordered(sections []value.Field, o format.Options) []value.Field {
	out := append([]value.Field(nil), sections...)
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i].Name, out[j].Name
		if a == defaults || b == defaults {
			return a == defaults && b != defaults
		}
		return o.SortKeys && a < b
	})
	return out
}

func members(v value.Value) ([]value.Field, bool) {
	switch v := v.(type) {
	case *value.Struct:
		return v.Fields, true
	case *value.Dict:
		out := make([]value.Field, v.Len())
		for i, it := range v.Items() {
			name, ok := it.Key.(string)
			if !ok {
				return nil, false
			}
			out[i] = value.Field{Name: name, Value: it.Value}
		}
		return out, true
	}
	return nil, false
}

func optionText(v value.Value) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case value.Secret:
		return v.Text(), true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return json.Float(v), true
	}
	return "", false
}
