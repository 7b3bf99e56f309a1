package repl

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// The bounds of what is shown of one value.
const (
	maxItems  = 100   // of a list, at any depth
	maxText   = 4_000 // characters of one text
	maxCell   = 60    // characters of a table's cell
	fullWidth = 80    // columns where there is no terminal
)

// printer shows values so that a person can read them: in the notation of their
// language, wide ones over several lines, rows of equal shape as a table.
type printer struct {
	lua   bool
	width int // columns; 0 for fullWidth
}

// Show gives a value as the prompt shows it, in Starlark's notation.
func Show(v value.Value) string { return printer{}.show(v) }

func (p printer) show(v value.Value) string {
	if p.width <= 0 {
		p.width = fullWidth
	}
	if t, ok := p.table(v); ok {
		return t
	}
	return p.at(v, 0, 0)
}

// at shows v on lines that are indented by so many columns, the first of them
// behind a label.
func (p printer) at(v value.Value, indent, label int) string {
	open, items, end, ok := p.parts(v)
	if !ok {
		return p.leaf(v)
	}
	if line, fits := p.oneLine(open, items, end, indent+label); fits {
		return line
	}
	var b strings.Builder
	b.WriteString(open + "\n")
	pad := strings.Repeat(" ", indent+2)
	if p.flat(items) {
		p.fill(&b, items, pad)
		return b.String() + strings.Repeat(" ", indent) + end
	}
	for i, it := range items {
		if i == maxItems {
			fmt.Fprintf(&b, "%s… %d more\n", pad, len(items)-i)
			break
		}
		b.WriteString(pad + it.label + p.at(it.value, indent+2, utf8.RuneCountInString(it.label)) + ",\n")
	}
	b.WriteString(strings.Repeat(" ", indent) + end)
	return b.String()
}

// oneLine shows the items on one line if that is short enough.
func (p printer) oneLine(open string, items []item, end string, column int) (string, bool) {
	if len(items) > maxItems {
		return "", false
	}
	var b strings.Builder
	b.WriteString(open)
	for i, it := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(it.label)
		open, inner, end, nested := p.parts(it.value)
		text := ""
		if !nested {
			text = p.leaf(it.value)
		} else if text, nested = p.oneLine(open, inner, end, column); !nested {
			return "", false
		}
		b.WriteString(text)
		if b.Len() > 4*p.width {
			return "", false
		}
	}
	b.WriteString(end)
	line := b.String()
	return line, len(items) == 0 || column+utf8.RuneCountInString(line) <= p.width && !strings.Contains(line, "\n")
}

// flat reports whether no item is compound or labelled.
func (p printer) flat(items []item) bool {
	for _, it := range items {
		if _, _, _, compound := p.parts(it.value); compound || it.label != "" {
			return false
		}
	}
	return true
}

// fill puts as many items on each line as have room.
func (p printer) fill(b *strings.Builder, items []item, pad string) {
	line := pad
	for i, it := range items {
		text := p.leaf(it.value) + ","
		if i == maxItems {
			text = fmt.Sprintf("… %d more", len(items)-i)
		}
		if line != pad && utf8.RuneCountInString(line+text) > p.width {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = pad
		}
		line += text + " "
		if i == maxItems {
			break
		}
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}

// item is a member of a compound value with what stands before it.
type item struct {
	label string
	value value.Value
}

// parts takes a compound value apart.
func (p printer) parts(v value.Value) (open string, items []item, end string, ok bool) {
	switch v := v.(type) {
	case value.List:
		open, end = p.either("[", "{"), p.either("]", "}")
		return open, plain(v), end, true
	case value.Tuple:
		if len(v) == 1 {
			return "", nil, "", false
		}
		return p.either("(", ""), plain(v), p.either(")", ""), true
	case *value.Set:
		return p.either("set([", "{"), plain(v.Items()), p.either("])", "}"), true
	case *value.Dict:
		for i, it := range v.Items() {
			label := p.key(it.Key)
			if n, ok := it.Key.(int64); p.lua && ok && n == int64(i)+1 {
				label = ""
			}
			items = append(items, item{label, it.Value})
		}
		return "{", items, "}", true
	case *value.Struct:
		name := v.Name
		if name == "" {
			name = "struct"
		}
		for _, f := range v.Fields {
			items = append(items, item{f.Name + " = ", f.Value})
		}
		return name + p.either("(", "{"), items, p.either(")", "}"), true
	}
	return "", nil, "", false
}

func plain(vs []value.Value) []item {
	items := make([]item, len(vs))
	for i, v := range vs {
		items[i].value = v
	}
	return items
}

func (p printer) either(starlark, lua string) string {
	if p.lua {
		return lua
	}
	return starlark
}

func (p printer) key(k value.Value) string {
	if !p.lua {
		return p.leaf(k) + ": "
	}
	if s, ok := k.(string); ok && isName(s) {
		return s + " = "
	}
	return "[" + p.leaf(k) + "] = "
}

func (p printer) leaf(v value.Value) string {
	switch v := v.(type) {
	case nil:
		return p.either("None", "nil")
	case bool:
		return p.either(map[bool]string{true: "True", false: "False"}[v], strconv.FormatBool(v))
	case string:
		if n := utf8.RuneCountInString(v); n > maxText {
			return strconv.Quote(cut(v, maxText)) + fmt.Sprintf("… (%d characters)", n)
		}
	case value.Bytes:
		if len(v) > maxText {
			return interp.Show(v[:maxText]) + fmt.Sprintf("… (%d bytes)", len(v))
		}
	}
	return interp.Show(v)
}

// cut gives the first n characters.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// table shows rows of the same fields, all of them short, as a table.
func (p printer) table(v value.Value) (string, bool) {
	rows, ok := v.(value.List)
	if !ok || len(rows) < 2 {
		return "", false
	}
	names, _ := fields(rows[0])
	if len(names) < 2 {
		return "", false
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(names, "\t"))
	for i, row := range rows {
		if i == maxItems {
			_ = w.Flush()
			fmt.Fprintf(&b, "… %d more\n", len(rows)-i)
			break
		}
		cells, ok := p.cells(row, names)
		if !ok {
			return "", false
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	_ = w.Flush()
	text := strings.TrimRight(b.String(), "\n")
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(strings.TrimRight(line, " \n")) > p.width {
			return "", false
		}
	}
	return trimLines(text), true
}

func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// cells are the row's values, if it has just these fields and none is compound.
func (p printer) cells(row value.Value, want []string) ([]string, bool) {
	names, values := fields(row)
	if len(names) != len(want) {
		return nil, false
	}
	out := make([]string, len(names))
	for i, name := range names {
		if _, _, _, compound := p.parts(values[i]); compound || name != want[i] {
			return nil, false
		}
		text, isText := values[i].(string)
		if !isText || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
			text = p.leaf(values[i])
		}
		if utf8.RuneCountInString(text) > maxCell {
			text = cut(text, maxCell-1) + "…"
		}
		out[i] = text
	}
	return out, true
}

// fields are those of a struct, or of a dict whose keys are names.
func fields(v value.Value) (names []string, values []value.Value) {
	switch v := v.(type) {
	case *value.Struct:
		for _, f := range v.Fields {
			names, values = append(names, f.Name), append(values, f.Value)
		}
	case *value.Dict:
		for _, it := range v.Items() {
			name, ok := it.Key.(string)
			if !ok || !isName(name) {
				return nil, nil
			}
			names, values = append(names, name), append(values, it.Value)
		}
	}
	return names, values
}

func isName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
