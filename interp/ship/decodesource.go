package ship

import (
	"math"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func (l *loader) source(r *reader, h value.Hash) *Source {
	if r.err != nil {
		return nil
	}
	if s := l.sources[h]; s != nil {
		l.chunks.add(s.form.Load().all...)
		return s
	}
	s := &Source{}
	var c *value.Chunk
	c, r.err = l.load(h, chunkSource, 12, func(d *codec.Decoder) error {
		in := reader{d: d}
		s.Path, s.Line, s.Col = in.text(), in.int(math.MaxInt32), in.int(math.MaxInt32)
		s.Text, s.Name = in.text(), in.text()
		s.Names, s.Cells = in.texts(), in.texts()
		s.Params, s.Options, s.Form = in.int(math.MaxInt32), uint32(in.int(math.MaxUint32)), in.text()
		s.Loads = l.loads(&in)
		return in.err
	})
	if r.err != nil {
		return nil
	}
	s.form.Store(decodedForm(c, s.Loads))
	l.chunks.add(s.form.Load().all...)
	l.sources[h] = s
	return s
}

func (l *loader) module(r *reader, h value.Hash) *Module {
	if r.err != nil {
		return nil
	}
	m := l.modules[h]
	if m == nil {
		if !l.deeper(r) {
			return nil
		}
		defer l.leave()
		if m, r.err = l.newModule(h); r.err != nil {
			return nil
		}
		l.modules[h] = m
	}
	l.chunks.add(m.form.Load().all...)
	return m
}

func (l *loader) newModule(h value.Hash) (*Module, error) {
	m := &Module{}
	c, err := l.load(h, chunkModule, 5, func(d *codec.Decoder) error {
		in := reader{d: d}
		m.Lang, m.Path, m.Text = in.text(), in.text(), in.text()
		m.Loads = l.loads(&in)
		return in.err
	})
	if err != nil {
		return nil, err
	}
	m.form.Store(decodedForm(c, m.Loads))
	return m, nil
}

// decodedForm is the form of what was decoded from c.
func decodedForm(c *value.Chunk, loads []Load) *chunkForm {
	var chunks chunkList
	for _, load := range loads {
		chunks.add(load.Module.form.Load().all...)
	}
	chunks.add(c)
	return newForm(c, chunks.all)
}

func (l *loader) loads(r *reader) []Load {
	n := r.array()
	if n%2 != 0 && r.err == nil {
		r.err = malformed("a load without a module")
	}
	var loads []Load
	for range n / 2 {
		load := Load{Name: r.text(), Module: l.module(r, r.hash())}
		if r.err != nil {
			return nil
		}
		loads = append(loads, load)
	}
	return loads
}
