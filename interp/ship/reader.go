package ship

import (
	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// reader reads parts of a chunk. The first error stays in err; what is read after
// it is zero.
type reader struct {
	d   *codec.Decoder
	err error
}

func (r *reader) text() (s string) {
	if r.err == nil {
		s, r.err = r.d.Text()
	}
	return s
}

func (r *reader) value() (v value.Value) {
	if r.err == nil {
		v, r.err = r.d.Value()
	}
	return v
}

// int reads an integer from 0 to limit.
func (r *reader) int(limit int64) int {
	if r.err != nil {
		return 0
	}
	i, err := r.d.Int()
	if err == nil && (i < 0 || i > limit) {
		i, err = 0, malformed("a number out of range")
	}
	r.err = err
	return int(i)
}

func (r *reader) flag() bool { return r.int(1) == 1 }

// array reads the head of an array: there are at least as many bytes as items.
func (r *reader) array() (n int) {
	if r.err == nil {
		n, r.err = r.d.Array()
	}
	return n
}

// ref reads a reference; whether it is one is checked when all nodes are there.
func (r *reader) ref() Ref {
	if r.err != nil {
		return None
	}
	i, err := r.d.Int()
	r.err = err
	return Ref(i)
}

func (r *reader) refs() []Ref {
	n := r.array()
	if n == 0 {
		return nil
	}
	refs := make([]Ref, n)
	for i := range refs {
		refs[i] = r.ref()
	}
	return refs
}

func (r *reader) texts() []string {
	n := r.array()
	if n == 0 {
		return nil
	}
	all := make([]string, n)
	for i := range all {
		all[i] = r.text()
	}
	return all
}

func (r *reader) hash() (h value.Hash) {
	if r.err != nil {
		return h
	}
	b, err := r.d.Bytes()
	if err == nil && len(b) != len(h) {
		err = malformed("a hash of another length")
	}
	r.err = err
	copy(h[:], b)
	return h
}
