package yaml

import (
	"encoding/base64"
	"math"
	"math/big"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
)

// Module makes the module yaml.
func Module() *interp.Module {
	all := format.Decode("YAML", func(text string) (value.Value, error) {
		docs, err := documents(text)
		if err != nil {
			return nil, err
		}
		return docs, nil
	})
	all.Name, all.Doc = "decode_all", "Reads YAML text of any number of documents as a list."
	return &interp.Module{Name: "yaml", Doc: "Values as YAML 1.2 text.",
		Funcs: []*interp.Func{format.Encode("YAML", Encode), format.Decode("YAML", Decode), all}}
}

// defaultIndent is that of each level, in spaces.
const defaultIndent = 2

// Encode writes a value as one document in block style.
func Encode(v value.Value, o format.Options) (string, error) {
	n, err := (&encoder{o}).node(v, "", 0)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	w := yaml.NewEncoder(&b)
	w.SetIndent(defaultIndent)
	if len(o.Indent) > 1 {
		w.SetIndent(min(len(o.Indent), 9))
	}
	if err := w.Encode(n); err != nil {
		return "", value.Errorf(value.KindValue, "cannot encode value as YAML: %w", err)
	}
	return b.String(), w.Close()
}

type encoder struct{ o format.Options }

func plain(tag, text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}
}

func (e *encoder) node(v value.Value, path string, depth int) (*yaml.Node, error) {
	if depth > format.MaxDepth {
		return nil, value.Errorf(value.KindValue, "cannot encode value as YAML: it nests deeper than %d", format.MaxDepth)
	}
	switch v := v.(type) {
	case nil:
		return plain("!!null", "null"), nil
	case bool:
		return plain("!!bool", strconv.FormatBool(v)), nil
	case int64:
		return plain("!!int", strconv.FormatInt(v, 10)), nil
	case *big.Int:
		return plain("!!int", v.String()), nil
	case float64:
		return plain("!!float", floatText(v)), nil
	case string:
		return textNode(v), nil
	case value.Secret:
		return textNode(v.Text()), nil
	case value.Bytes:
		return plain("!!binary", base64.StdEncoding.EncodeToString([]byte(v))), nil
	case value.Blob:
		return plain("!!binary", base64.StdEncoding.EncodeToString([]byte(v))), nil
	case time.Time:
		return textNode(v.Format(time.RFC3339Nano)), nil
	case value.List:
		return e.sequence(v, path, depth)
	case value.Tuple:
		return e.sequence(v, path, depth)
	case *value.Set:
		return e.sequence(v.Items(), path, depth)
	case *value.Dict:
		return e.mapping(v.Items(), path, depth)
	case *value.Struct:
		items := make([]value.Item, len(v.Fields))
		for i, f := range v.Fields {
			items[i] = value.Item{Key: f.Name, Value: f.Value}
		}
		return e.mapping(items, path, depth)
	}
	return nil, format.Refuse("YAML", path, v)
}

func floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return ".nan"
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	}
	return json.Float(f)
}

func textNode(s string) *yaml.Node {
	if !utf8.ValidString(s) {
		return plain("!!binary", base64.StdEncoding.EncodeToString([]byte(s)))
	}
	n := plain("!!str", s)
	if s == "" || ambiguous(s) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func (e *encoder) sequence(items []value.Value, path string, depth int) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for i, it := range items {
		c, err := e.node(it, path+"["+strconv.Itoa(i)+"]", depth+1)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, c)
	}
	return n, nil
}

func (e *encoder) mapping(items []value.Item, path string, depth int) (*yaml.Node, error) {
	type entry struct{ key, value *yaml.Node }
	entries := make([]entry, len(items))
	for i, it := range items {
		k, err := e.node(it.Key, path, depth+1)
		if err != nil {
			return nil, err
		}
		v, err := e.node(it.Value, path+"["+strconv.Quote(k.Value)+"]", depth+1)
		if err != nil {
			return nil, err
		}
		entries[i] = entry{k, v}
	}
	if e.o.SortKeys {
		sort.SliceStable(entries, func(i, j int) bool { return entries[i].key.Value < entries[j].key.Value })
	}
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, it := range entries {
		n.Content = append(n.Content, it.key, it.value)
	}
	return n, nil
}
