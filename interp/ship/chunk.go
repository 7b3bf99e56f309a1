package ship

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// What a chunk is, as its first item says, so that none is taken for another.
const (
	chunkGraph = iota + 1
	chunkSource
	chunkModule
	chunkData
)

// NewChunk returns the chunk of data, which must not change any more.
func NewChunk(data []byte) *value.Chunk {
	return &value.Chunk{Hash: sha256.Sum256(data), Data: data}
}

// DataChunk encodes frozen data without functions. What cannot travel is an Error
// that names its place in v.
func DataChunk(v value.Value) (*value.Chunk, error) {
	e := newChunkEncoder(chunkData, 2)
	if err := e.Value("", v); err != nil {
		return nil, err
	}
	if len(e.Funcs) > 0 {
		return nil, value.Errorf(value.KindError, "cannot send a function as frozen data")
	}
	c := NewChunk(e.Buf)
	c.Contexts = e.Contexts
	return c, nil
}

func newChunkEncoder(kind, items int) *codec.Encoder {
	e := &codec.Encoder{Buf: make([]byte, 0, 256)}
	e.Array(items)
	e.Int(int64(kind))
	return e
}

// Hash returns the hash of the slice's chunk. Equal slices have equal hashes. It is
// the zero Hash if its modules load each other in a circle, or too deep.
func (s *Source) Hash() value.Hash {
	f, err := s.encoded()
	if err != nil {
		return value.Hash{}
	}
	return f.chunk.Hash
}

// encoded makes the form of s on the first call.
func (s *Source) encoded() (*chunkForm, error) {
	if f := s.form.Load(); f != nil {
		return f, nil
	}
	e := newChunkEncoder(chunkSource, 12)
	e.Text(s.Path)
	e.Int(int64(s.Line))
	e.Int(int64(s.Col))
	e.Text(s.Text)
	e.Text(s.Name)
	texts(e, s.Names)
	texts(e, s.Cells)
	e.Int(int64(s.Params))
	e.Int(int64(s.Options))
	e.Text(s.Form)
	f, err := formOf(e, s.Loads, nil)
	if err == nil {
		s.form.Store(f)
	}
	return f, err
}

func texts(e *codec.Encoder, all []string) {
	e.Array(len(all))
	for _, s := range all {
		e.Text(s)
	}
}

// chunkForm is the chunk of a module or a slice, and all chunks that it needs,
// itself last.
type chunkForm struct {
	chunk *value.Chunk
	all   []*value.Chunk
	lends bool // the code uses the module value.Lender
}

// Hash returns the hash of the module's chunk, which covers all that it loads. It
// is the zero Hash if modules load each other in a circle, or too deep.
func (m *Module) Hash() value.Hash {
	f, err := m.encoded(nil)
	if err != nil {
		return value.Hash{}
	}
	return f.chunk.Hash
}

// encoded makes the form of m on the first call; open are the modules that are
// being encoded because they load m.
func (m *Module) encoded(open []*Module) (*chunkForm, error) {
	if f := m.form.Load(); f != nil {
		return f, nil
	}
	for _, o := range open {
		if o == m {
			return nil, value.Errorf(value.KindError, "cannot send module %s: it loads itself in a circle", m.Path)
		}
	}
	if len(open) >= maxLoads {
		return nil, value.Errorf(value.KindError, "cannot send module %s: modules load each other more than %d deep", m.Path, maxLoads)
	}
	e := newChunkEncoder(chunkModule, 5)
	e.Text(m.Lang)
	e.Text(m.Path)
	e.Text(m.Text)
	f, err := formOf(e, m.Loads, append(open, m))
	if err == nil {
		m.form.Store(f)
	}
	return f, err
}

// formOf ends a chunk with what it loads.
func formOf(e *codec.Encoder, loads []Load, open []*Module) (*chunkForm, error) {
	var chunks chunkList
	e.Array(2 * len(loads))
	for _, l := range loads {
		f, err := l.Module.encoded(open)
		if err != nil {
			return nil, err
		}
		e.Text(l.Name)
		hash(e, f.chunk.Hash)
		chunks.add(f.all...)
	}
	c := NewChunk(e.Buf)
	chunks.add(c)
	return newForm(c, chunks.all), nil
}

// newForm is the form of code. Code that names the module Lender in text only lends
// contexts that it does not use.
func newForm(c *value.Chunk, all []*value.Chunk) *chunkForm {
	return &chunkForm{chunk: c, all: all, lends: slices.ContainsFunc(all, func(c *value.Chunk) bool {
		return bytes.Contains(c.Data, []byte(value.Lender))
	})}
}

func hash(e *codec.Encoder, h value.Hash) { e.Bytes(value.Bytes(h[:])) }

// chunkList collects chunks, each once, in order.
type chunkList struct {
	all  []*value.Chunk
	seen map[value.Hash]struct{} // made when comparing gets slow
}

// fewChunks is the number up to which comparing beats a map.
const fewChunks = 16

func (l *chunkList) add(chunks ...*value.Chunk) {
	for _, c := range chunks {
		if !l.has(c.Hash) {
			l.all = append(l.all, c)
			if l.seen != nil {
				l.seen[c.Hash] = struct{}{}
			}
		}
	}
}

func (l *chunkList) has(h value.Hash) bool {
	if l.seen == nil && len(l.all) < fewChunks {
		for _, c := range l.all {
			if c.Hash == h {
				return true
			}
		}
		return false
	}
	if l.seen == nil {
		l.seen = make(map[value.Hash]struct{}, 2*fewChunks)
		for _, c := range l.all {
			l.seen[c.Hash] = struct{}{}
		}
	}
	_, ok := l.seen[h]
	return ok
}
