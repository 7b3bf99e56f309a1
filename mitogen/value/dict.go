package value

import (
	"fmt"
	"strings"
)

// Dict is a mapping that keeps the order of insertion. Keys are hashable values:
// null, booleans, numbers, text, bytes, times, references, what is Keyed and tuples of them. The
// zero Dict is empty and ready for use. It is not safe for concurrent change.
type Dict struct {
	items []Item
	index map[any]int // made on the first look-up: most dicts are only walked
}

// Item is one entry of a Dict.
type Item struct{ Key, Value Value }

// NewDict returns an empty Dict with room for n entries.
func NewDict(n int) *Dict { return &Dict{items: make([]Item, 0, n)} }

// Len returns the number of entries.
func (d *Dict) Len() int { return len(d.items) }

// Items returns the entries in order of insertion; the slice is the Dict's own.
func (d *Dict) Items() []Item { return d.items }

// Get returns the value of key.
func (d *Dict) Get(key Value) (Value, bool) {
	k, err := hashKey(key)
	if err != nil {
		return nil, false
	}
	d.buildIndex()
	i, ok := d.index[k]
	if !ok {
		return nil, false
	}
	return d.items[i].Value, true
}

// Set sets the value of key, in its old place if it had one. A key that cannot
// be hashed is a ValueError.
func (d *Dict) Set(key, v Value) error {
	k, err := hashKey(key)
	if err != nil {
		return err
	}
	d.buildIndex()
	if i, ok := d.index[k]; ok {
		d.items[i].Value = v
		return nil
	}
	d.index[k] = len(d.items)
	d.items = append(d.items, Item{key, v})
	return nil
}

// Append adds an entry whose key is known to be new and hashable, without a look-up.
func (d *Dict) Append(key, v Value) {
	d.index = nil
	d.items = append(d.items, Item{key, v})
}

func (d *Dict) buildIndex() {
	if d.index != nil {
		return
	}
	d.index = make(map[any]int, len(d.items))
	for i, it := range d.items {
		if k, err := hashKey(it.Key); err == nil {
			d.index[k] = i
		}
	}
}

// Format shows the entries in order, with every verb as %v shows them. (fmt by itself
// would show what a Secret among them hides.)
func (d *Dict) Format(f fmt.State, _ rune) {
	shown := make([]string, len(d.items))
	for i, it := range d.items {
		shown[i] = fmt.Sprintf("%v: %v", it.Key, it.Value)
	}
	_, _ = f.Write([]byte("{" + strings.Join(shown, ", ") + "}"))
}

// Set is a set of hashable values in order of insertion.
type Set struct{ d Dict }

// NewSet returns a set of the items. One that cannot be hashed is a ValueError.
func NewSet(items ...Value) (*Set, error) {
	s := &Set{}
	for _, it := range items {
		if err := s.Add(it); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Add adds v. A value that cannot be hashed is a ValueError.
func (s *Set) Add(v Value) error { return s.d.Set(v, nil) }

// Has reports whether v is a member.
func (s *Set) Has(v Value) bool { _, ok := s.d.Get(v); return ok }

// Len returns the number of members.
func (s *Set) Len() int { return s.d.Len() }

// Items returns the members in order of insertion.
func (s *Set) Items() []Value {
	out := make([]Value, s.d.Len())
	for i, it := range s.d.items {
		out[i] = it.Key
	}
	return out
}

// Format shows the members in order, with every verb as %v shows them.
func (s *Set) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "%v", s.Items()) }
