package yaml

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
)

// maxExpanded is how many values a text with aliases may stand for.
const maxExpanded = 1_000_000

// Decode reads a text of one document; an empty text is None.
func Decode(text string) (value.Value, error) {
	docs, err := documents(text)
	if err != nil {
		return nil, err
	}
	switch len(docs) {
	case 0:
		return nil, nil
	case 1:
		return docs[0], nil
	}
	return nil, value.Errorf(value.KindParse, "cannot decode YAML: it has %d documents (decode_all reads several)", len(docs))
}

// documents reads all documents of a text.
func documents(text string) (value.List, error) {
	out := value.List{}
	for r := yaml.NewDecoder(strings.NewReader(version11(text))); ; {
		var n yaml.Node
		err := r.Decode(&n)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, syntaxError(err)
		}
		d := &decoder{}
		v, err := d.node(&n, 0)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
}

// version11 turns the directive of YAML 1.2 into that of 1.1, the only one that the
// library knows. A directive stands before a document: first, or after "...".
func version11(text string) string {
	const directive, known = "%YAML 1.2", "%YAML 1.1"
	if !strings.Contains(text, directive) {
		return text
	}
	lines := strings.SplitAfter(text, "\n")
	before := true
	for i, l := range lines {
		switch {
		case strings.TrimSpace(l) == "" || l[0] == '#':
		case before && l[0] == '%':
			if rest, ok := strings.CutPrefix(l, directive); ok {
				lines[i] = known + rest
			}
		default:
			before = strings.HasPrefix(l, "...")
		}
	}
	return strings.Join(lines, "")
}

// syntaxError takes the line out of the library's text, where alone it stands.
func syntaxError(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if n, _ := fmt.Sscanf(text, "line %d:", &line); n == 1 {
		_, text, _ = strings.Cut(text, ": ")
	}
	return format.ParseError("YAML", line, 0, text)
}

type decoder struct {
	count   int
	aliased int // aliases being expanded
}

func fail(n *yaml.Node, reason string, args ...any) error {
	return format.ParseError("YAML", n.Line, n.Column, fmt.Sprintf(reason, args...))
}

func (d *decoder) node(n *yaml.Node, depth int) (value.Value, error) {
	if d.count++; d.aliased > 0 && d.count > maxExpanded {
		return nil, fail(n, "its aliases stand for more than %d values", maxExpanded)
	}
	if depth > format.MaxDepth {
		return nil, fail(n, "it nests deeper than %d, or holds itself", format.MaxDepth)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return d.node(n.Content[0], depth)
	case yaml.AliasNode:
		d.aliased++
		defer func() { d.aliased-- }()
		return d.node(n.Alias, depth+1)
	case yaml.SequenceNode:
		out := make(value.List, len(n.Content))
		for i, it := range n.Content {
			v, err := d.node(it, depth+1)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	case yaml.MappingNode:
		out := &value.Dict{}
		return out, d.mapping(out, n, depth)
	}
	return scalar(n)
}

// mapping adds the entries of n to out. Those that a merge key brings do not
// replace what is there, so own entries are read first.
func (d *decoder) mapping(out *value.Dict, n *yaml.Node, depth int) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if isMerge(k) {
			continue
		}
		key, err := d.node(k, depth+1)
		if err != nil {
			return err
		}
		key = hashable(key)
		if value.Hashable(key) != nil {
			return fail(k, "a %s cannot be a key", value.TypeName(key))
		}
		if _, twice := out.Get(key); twice {
			return fail(k, "the key %s a second time", k.Value)
		}
		v, err := d.node(n.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		if err := out.Set(key, v); err != nil {
			return err
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if isMerge(n.Content[i]) {
			if err := d.merge(out, n.Content[i+1], depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func isMerge(k *yaml.Node) bool {
	return k.Kind == yaml.ScalarNode && k.Value == "<<" && k.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0
}

// merge adds what a merge key names: a mapping, or several.
func (d *decoder) merge(out *value.Dict, n *yaml.Node, depth int) error {
	v, err := d.node(n, depth)
	if err != nil {
		return err
	}
	maps := value.List{v}
	if list, ok := v.(value.List); ok {
		maps = list
	}
	for _, m := range maps {
		dict, ok := m.(*value.Dict)
		if !ok {
			return fail(n, "a merge key names %s, want a mapping", value.TypeName(m))
		}
		for _, it := range dict.Items() {
			if _, there := out.Get(it.Key); there {
				continue
			}
			if err := out.Set(it.Key, it.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// hashable makes a tuple of a list, so that it can be a key.
func hashable(v value.Value) value.Value {
	list, ok := v.(value.List)
	if !ok {
		return v
	}
	out := make(value.Tuple, len(list))
	for i, it := range list {
		out[i] = hashable(it)
	}
	return out
}

func scalar(n *yaml.Node) (value.Value, error) {
	if n.Style&yaml.TaggedStyle == 0 {
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			return n.Value, nil
		}
		return resolve(n.Value), nil
	}
	v := resolve(n.Value)
	switch n.ShortTag() {
	case "!!str", "!", "!!timestamp":
		return n.Value, nil
	case "!!binary":
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Value), ""))
		if err != nil {
			return nil, fail(n, "!!binary is not base64")
		}
		return value.Bytes(data), nil
	case "!!float":
		if i, ok := v.(int64); ok {
			return float64(i), nil
		}
		if _, ok := v.(float64); ok {
			return v, nil
		}
	case "!!int", "!!bool", "!!null":
		if _, isText := v.(string); !isText {
			return v, nil
		}
	default:
		return nil, fail(n, "unknown tag %s", n.Tag)
	}
	return nil, fail(n, "%q is no %s", n.Value, n.ShortTag())
}
