package lua

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

const maxNesting = 1000

// reader converts one value from Lua; it knows the tables that it is inside of.
type reader struct {
	in    *Interp
	above []*glua.LTable
}

// placeError is a refusal together with where in the value it happened,
// outermost step last.
type placeError struct {
	steps  []string
	reason string
}

func (e *placeError) Error() string { return e.reason }

func (e *placeError) at(step string) *placeError {
	e.steps = append(e.steps, step)
	return e
}

// fromLua converts v; place is what errors call it, "args[1]".
func (in *Interp) fromLua(v glua.LValue, place string) (value.Value, error) {
	out, scalar := in.scalar(v)
	if scalar {
		return out, nil
	}
	r := reader{in: in}
	out, err := r.read(v)
	if err != nil {
		return nil, value.Errorf(value.KindError, "%s: %s", interp.Place(place, err.steps), err.reason)
	}
	return out, nil
}

func (in *Interp) scalar(v glua.LValue) (value.Value, bool) {
	switch v := v.(type) {
	case *glua.LNilType:
		return nil, true
	case glua.LBool:
		return bool(v), true
	case glua.LNumber:
		return goNumber(v), true
	case glua.LString:
		return goText(string(v)), true
	}
	return nil, false
}

func goNumber(n glua.LNumber) value.Value {
	if f := float64(n); f == math.Trunc(f) && math.Abs(f) <= maxExact {
		return int64(f)
	}
	return float64(n)
}

func goText(s string) value.Value {
	if utf8.ValidString(s) {
		return s
	}
	return value.Bytes(s)
}

func (r *reader) read(v glua.LValue) (value.Value, *placeError) {
	if out, ok := r.in.scalar(v); ok {
		return out, nil
	}
	switch v := v.(type) {
	case *glua.LTable:
		return r.table(v)
	case *glua.LFunction:
		return r.in.goFunction(v), nil
	case *glua.LUserData:
		return r.in.goUserdata(v)
	}
	return nil, &placeError{reason: "cannot convert a " + v.Type().String()}
}

// goFunction is the Go side of a function: of another language's, that itself.
func (in *Interp) goFunction(fn *glua.LFunction) value.Value {
	if b := bindingOf(fn); b != nil && b.foreign != nil {
		return b.foreign
	}
	return &Function{in: in, fn: fn}
}

func (in *Interp) goUserdata(ud *glua.LUserData) (value.Value, *placeError) {
	if ud == in.types.null {
		return nil, nil
	}
	if i, ok := ud.Value.(*big.Int); ok {
		return value.Int(i), nil
	}
	if mt, ok := ud.Metatable.(*glua.LTable); ok && in.types.ours[mt] {
		return ud.Value, nil
	}
	return nil, &placeError{reason: "cannot convert a userdata"}
}

func (r *reader) table(t *glua.LTable) (value.Value, *placeError) {
	if m, ok := r.in.names.moduleOf[t]; ok {
		return m, nil
	}
	if r.in.names.values[stateName] == glua.LValue(t) {
		return stateHandle{}, nil
	}
	k := r.in.marks.of(t)
	switch k {
	case markForeign:
		return nil, &placeError{reason: "cannot convert a table with a metatable"}
	case markKwargs:
		return nil, &placeError{reason: "mitogen.kwargs stands for keywords only as the last argument"}
	}
	if slices.Contains(r.above, t) {
		return nil, &placeError{reason: "a value cannot contain itself"}
	}
	if len(r.above) >= maxNesting {
		return nil, &placeError{reason: "cannot send values nested more than " + strconv.Itoa(maxNesting) + " deep"}
	}
	r.above = append(r.above, t)
	defer func() { r.above = r.above[:len(r.above)-1] }()
	n, plain := measure(t)
	switch {
	case k == markStruct:
		return r.record(t)
	case k == markDict || !plain:
		return r.dict(t)
	}
	items, err := r.items(t, n)
	if err != nil {
		return nil, err
	}
	switch k {
	case markTuple:
		return value.Tuple(items), nil
	case markSet:
		s, bad := value.NewSet(items...)
		if bad != nil {
			return nil, &placeError{reason: bad.Error()}
		}
		return s, nil
	}
	return value.List(items), nil
}

// measure counts the entries of t and tells whether their keys are just 1…n.
func measure(t *glua.LTable) (n int, plain bool) {
	m := t.MaxN()
	for i := 1; i <= m; i++ {
		if t.RawGetInt(i) == glua.LNil {
			return 0, false
		}
	}
	key, _ := t.Next(glua.LNumber(m))
	if m == 0 {
		key, _ = t.Next(glua.LNil)
	}
	return m, key == glua.LNil
}

func (r *reader) items(t *glua.LTable, n int) ([]value.Value, *placeError) {
	items := make([]value.Value, n)
	for i := range items {
		v, err := r.read(t.RawGetInt(i + 1))
		if err != nil {
			return nil, err.at("[" + strconv.Itoa(i+1) + "]")
		}
		items[i] = v
	}
	return items, nil
}

func (r *reader) dict(t *glua.LTable) (value.Value, *placeError) {
	d := value.NewDict(8)
	for _, k := range r.in.marks.keysOf(t) {
		if err := r.entry(d, k, t.RawGet(k)); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (r *reader) entry(d *value.Dict, k, v glua.LValue) *placeError {
	step := "[" + r.in.keyText(k) + "]"
	key, err := r.read(k)
	if err != nil {
		return err.at(step)
	}
	item, err := r.read(v)
	if err != nil {
		return err.at(step)
	}
	if _, ok := k.(glua.LString); ok {
		d.Append(key, item) // unlike numbers, no two texts are one key
	} else if bad := d.Set(key, item); bad != nil {
		return (&placeError{reason: bad.Error()}).at(step)
	}
	return nil
}

// record makes a struct again: fields that it had first, in their order, then new ones.
func (r *reader) record(t *glua.LTable) (value.Value, *placeError) {
	s := r.in.marks.structs[t.Metatable.(*glua.LTable)]
	out := &value.Struct{Name: s.name, Fields: make([]value.Field, 0, len(s.fields))}
	add := func(name string, lv glua.LValue) *placeError {
		v, err := r.read(lv)
		if err != nil {
			return err.at("." + name)
		}
		out.Fields = append(out.Fields, value.Field{Name: name, Value: v})
		return nil
	}
	for _, name := range s.fields {
		if err := add(name, t.RawGetString(luaName(name))); err != nil {
			return nil, err
		}
	}
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		name, ok := k.(glua.LString)
		if !ok {
			return r.dict(t)
		}
		if slices.Contains(s.fields, goName(string(name))) {
			continue
		}
		if err := add(string(name), v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (in *Interp) keyText(k glua.LValue) string {
	if s, ok := k.(glua.LString); ok {
		return strconv.Quote(string(s))
	}
	return in.show(k)
}

// results is what a function gave back: several values are a tuple.
func (in *Interp) results(vs []glua.LValue) (value.Value, error) {
	switch len(vs) {
	case 0:
		return nil, nil
	case 1:
		return in.fromLua(vs[0], "result")
	}
	out := make(value.Tuple, len(vs))
	for i, lv := range vs {
		v, err := in.fromLua(lv, "result["+strconv.Itoa(i+1)+"]")
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

var _ interp.Interp = (*Interp)(nil)
