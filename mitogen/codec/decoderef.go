package codec

import (
	"unicode/utf8"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

func (d *Decoder) context() (value.Value, error) {
	if err := d.fixed(2); err != nil {
		return nil, err
	}
	id, err := d.idPart()
	if err != nil {
		return nil, err
	}
	name, err := d.Text()
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(name) > maxName {
		return nil, d.bad("a context's name is longer than %d characters", maxName)
	}
	return value.ContextRef{ID: id, Name: name}, nil
}

func (d *Decoder) sender() (value.Value, error) {
	n, err := d.array()
	if err != nil {
		return nil, err
	}
	if n != 2 && n != 3 {
		return nil, d.bad("an array of 2 or 3 items was expected, not of %d", n)
	}
	var pair [2]uint32
	for i := range pair {
		if pair[i], err = d.idPart(); err != nil {
			return nil, err
		}
	}
	ref := value.SenderRef{Context: pair[0], Handle: pair[1]}
	if n == 3 {
		if ref.Window, err = d.Int(); err == nil && ref.Window <= 0 {
			err = d.bad("a Sender's window of %d bytes", ref.Window)
		}
	}
	return ref, err
}

func (d *Decoder) function() (value.Value, error) {
	if !d.limits.Funcs {
		return nil, value.Errorf(value.KindSecurity, "refused by policy: a function as a value needs the authority of a parent")
	}
	if err := d.fixed(4); err != nil {
		return nil, err
	}
	f := &value.Func{}
	var err error
	if f.Lang, err = d.Text(); err != nil {
		return nil, err
	}
	if f.Name, err = d.Text(); err != nil {
		return nil, err
	}
	byRoot, err := d.root(&f.Root)
	if err != nil {
		return nil, err
	}
	if f.Builtin, err = d.Text(); err != nil {
		return nil, err
	}
	if byRoot == (f.Builtin != "") {
		return nil, d.bad("a function has not exactly one of root and builtin")
	}
	return f, nil
}

// root reads a hash, or null for none, and reports whether there was one.
func (d *Decoder) root(h *value.Hash) (bool, error) {
	d.owed()
	first, n, err := d.head()
	if err != nil || first == simpleNull {
		return false, err
	}
	if first&0xe0 != majorBytes || n != uint64(len(h)) {
		return false, d.bad("a hash of %d bytes was expected", len(h))
	}
	s, err := d.run(n)
	copy(h[:], s)
	return *h != (value.Hash{}), err
}
