package starlark

import (
	"reflect"

	star "go.starlark.net/starlark"
)

// The interpreter knows whether a container is frozen but does not say: trying to
// change it tells a frozen one from one that is being iterated by the text of the
// error only. So the fields are read; a version without them stops every test.
var (
	listFrozen = field(reflect.TypeFor[star.List](), "frozen")
	dictFrozen = field(reflect.TypeFor[star.Dict](), "ht", "frozen")
	setFrozen  = field(reflect.TypeFor[star.Set](), "ht", "frozen")
)

func field(t reflect.Type, path ...string) []int {
	var index []int
	for _, name := range path {
		f, ok := t.FieldByName(name)
		if !ok {
			panic("starlark: " + t.String() + " has no field " + name)
		}
		index, t = append(index, f.Index...), f.Type
	}
	return index
}

// isFrozen reports whether a list, dict or set is frozen.
func isFrozen(v star.Value) bool {
	index := setFrozen
	switch v.(type) {
	case *star.List:
		index = listFrozen
	case *star.Dict:
		index = dictFrozen
	}
	return reflect.ValueOf(v).Elem().FieldByIndex(index).Bool()
}
