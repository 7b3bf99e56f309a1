package starlark

import (
	"fmt"
	"slices"
	"strings"

	star "go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// structValue is a record. Unlike that of starlarkstruct, it keeps the order of
// its fields.
type structValue struct {
	name   string
	names  []string
	values []star.Value
}

// makeStruct is struct(**fields).
func makeStruct(_ *star.Thread, b *star.Builtin, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
	if len(args) > 0 {
		return nil, fmt.Errorf("struct: takes keyword arguments only")
	}
	s := &structValue{name: b.Name()}
	for _, kw := range kwargs {
		s.names = append(s.names, string(kw[0].(star.String)))
		s.values = append(s.values, kw[1])
	}
	return s, nil
}

func (s *structValue) String() string {
	var b strings.Builder
	b.WriteString(s.name + "(")
	for i, name := range s.names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name + " = " + s.values[i].String())
	}
	b.WriteString(")")
	return b.String()
}

func (s *structValue) Type() string     { return "struct" }
func (s *structValue) Truth() star.Bool { return true }

func (s *structValue) Freeze() {
	for _, v := range s.values {
		v.Freeze()
	}
}

// Hash depends on the fields, in their order.
func (s *structValue) Hash() (uint32, error) {
	var h uint32 = 8731
	for i, name := range s.names {
		n, _ := star.String(name).Hash()
		v, err := s.values[i].Hash()
		if err != nil {
			return 0, err
		}
		h = h*1000003 ^ n ^ v*3
	}
	return h, nil
}

func (s *structValue) Attr(name string) (star.Value, error) {
	if i := slices.Index(s.names, name); i >= 0 {
		return s.values[i], nil
	}
	return nil, nil
}

func (s *structValue) AttrNames() []string {
	names := slices.Clone(s.names)
	slices.Sort(names)
	return names
}

// CompareSameType holds two structs equal that have equal fields, in any order.
func (s *structValue) CompareSameType(op syntax.Token, y star.Value, depth int) (bool, error) {
	if op != syntax.EQL && op != syntax.NEQ {
		return false, fmt.Errorf("struct values have no order")
	}
	same, err := s.equal(y.(*structValue), depth)
	return same == (op == syntax.EQL), err
}

func (s *structValue) equal(o *structValue, depth int) (bool, error) {
	if len(s.names) != len(o.names) {
		return false, nil
	}
	for i, name := range s.names {
		j := slices.Index(o.names, name)
		if j < 0 {
			return false, nil
		}
		if ok, err := star.EqualDepth(s.values[i], o.values[j], depth-1); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}
