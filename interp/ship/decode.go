package ship

import (
	"context"
	"crypto/sha256"
	"math"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// maxLoads is how deep modules may load each other.
const maxLoads = 200

// Decode returns the graph whose chunk is called root. fetch returns the data of
// a chunk, which then belongs to the Graph; its errors are returned as they are.
// Data that does not have its hash, and data that is malformed, is a ValueError;
// no data makes Decode panic.
func Decode(ctx context.Context, root value.Hash, fetch func(ctx context.Context, h value.Hash) ([]byte, error)) (*Graph, error) {
	g, _, err := newLoader(ctx, fetch).root(root)
	return g, err
}

// Collect returns all chunks that the function called root needs, itself last: for
// a context that sends on a function of a language that it does not run. Errors
// are those of Decode.
func Collect(ctx context.Context, root value.Hash, fetch func(ctx context.Context, h value.Hash) ([]byte, error)) ([]*value.Chunk, error) {
	_, chunks, err := newLoader(ctx, fetch).root(root)
	return chunks, err
}

func newLoader(ctx context.Context, fetch func(context.Context, value.Hash) ([]byte, error)) *loader {
	return &loader{
		ctx: ctx, fetch: fetch,
		sources: map[value.Hash]*Source{}, modules: map[value.Hash]*Module{}, foreign: map[value.Hash][]*value.Chunk{},
	}
}

// loader fetches and decodes the chunks of one graph, each once.
type loader struct {
	ctx     context.Context
	fetch   func(ctx context.Context, h value.Hash) ([]byte, error)
	sources map[value.Hash]*Source
	modules map[value.Hash]*Module
	foreign map[value.Hash][]*value.Chunk
	chunks  chunkList // all that the graph needs
	loading int       // modules and graphs that are being loaded
}

// root decodes a graph and lists its chunks.
func (l *loader) root(h value.Hash) (*Graph, []*value.Chunk, error) {
	var g *Graph
	c, err := l.load(h, chunkGraph, 5, func(d *codec.Decoder) (err error) {
		g, err = l.graph(d)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if err := g.check(); err != nil {
		return nil, nil, value.Errorf(value.KindValue, "cannot decode function %s: %w", g.Name, err)
	}
	l.chunks.add(c)
	return g, l.chunks.all, nil
}

// load fetches a chunk, checks its hash, kind and number of items, and has the
// rest of them read.
func (l *loader) load(h value.Hash, kind int64, items int, read func(*codec.Decoder) error) (*value.Chunk, error) {
	data, err := l.fetch(l.ctx, h)
	if err != nil {
		return nil, err
	}
	if sha256.Sum256(data) != h {
		return nil, value.Errorf(value.KindValue, "cannot decode chunk %s: its data has another hash", h)
	}
	d := codec.NewDecoder(data, codec.Limits{Funcs: kind == chunkGraph})
	if err := begin(d, kind, items); err != nil {
		return nil, value.Errorf(value.KindValue, "cannot decode chunk %s: %w", h, err)
	}
	if err := read(d); err != nil {
		return nil, err
	}
	if err := d.Done(); err != nil {
		return nil, value.Errorf(value.KindValue, "cannot decode chunk %s: %w", h, err)
	}
	return &value.Chunk{Hash: h, Data: data}, nil
}

func begin(d *codec.Decoder, kind int64, items int) error {
	if err := fixed(d, items); err != nil {
		return err
	}
	got, err := d.Int()
	if err == nil && got != kind {
		err = malformed("a chunk of another kind")
	}
	return err
}

// fixed reads the head of an array that must have n items.
func fixed(d *codec.Decoder, n int) error {
	got, err := d.Array()
	if err == nil && got != n {
		err = malformed("a record of another length")
	}
	return err
}

func (l *loader) graph(d *codec.Decoder) (*Graph, error) {
	g := &Graph{}
	r := reader{d: d}
	g.Lang, g.Name = r.text(), r.text()
	g.Root = r.ref()
	g.Nodes = make([]Node, r.array())
	for i := range g.Nodes {
		if g.Nodes[i] = l.node(&r); r.err != nil {
			return nil, r.err
		}
	}
	return g, r.err
}

func (l *loader) node(r *reader) Node {
	n, form := r.array(), r.int(nodeForeign)
	if r.err == nil && (n < 2 || n-1 != nodeItems(form)) {
		r.err = malformed("a node of another length")
	}
	switch form {
	case nodeData:
		return &Data{Frozen: r.flag(), Value: r.value()}
	case nodeDataChunk:
		return l.data(r)
	case nodeFunc:
		return l.function(r)
	case nodeCell:
		return &Cell{Value: r.ref()}
	case nodeSeq:
		return &Seq{Kind: SeqKind(r.int(math.MaxUint8)), Frozen: r.flag(), Items: r.refs()}
	case nodeMap:
		return &Map{Kind: MapKind(r.int(math.MaxUint8)), Frozen: r.flag(), Name: r.text(), Meta: r.ref(), Keys: r.refs(), Vals: r.refs()}
	case nodeBuiltin:
		return &Builtin{Name: r.text()}
	case nodeMethod:
		return &Method{Recv: r.ref(), Name: r.text()}
	case nodeModule:
		return &ModuleRef{Module: l.module(r, r.hash()), Name: r.text(), Marks: uint8(r.int(math.MaxUint8))}
	}
	return l.other(r)
}

// other reads a function of another language and collects its chunks.
func (l *loader) other(r *reader) *Foreign {
	f, ok := r.value().(*value.Func)
	if !ok && r.err == nil {
		r.err = malformed("a function was expected")
	}
	if r.err != nil || f.Builtin != "" {
		return &Foreign{Func: f}
	}
	chunks, ok := l.foreign[f.Root]
	if !ok && l.deeper(r) {
		defer l.leave()
		in := *l
		in.chunks = chunkList{}
		_, chunks, r.err = in.root(f.Root)
		l.foreign[f.Root] = chunks
	}
	f.Chunks = chunks
	l.chunks.add(chunks...)
	return &Foreign{Func: f}
}

// deeper counts a module or graph that is loaded because of another.
func (l *loader) deeper(r *reader) bool {
	if l.loading >= maxLoads {
		r.err = malformed("modules or functions refer to each other too deep")
		return false
	}
	l.loading++
	return true
}

func (l *loader) leave() { l.loading-- }

// nodeItems is the number of items of a form of node, after the form itself.
func nodeItems(form int) int {
	switch form {
	case nodeData, nodeDataChunk, nodeMethod:
		return 2
	case nodeSeq, nodeModule:
		return 3
	case nodeFunc:
		return 5
	case nodeMap:
		return 6
	}
	return 1
}

func (l *loader) data(r *reader) *Data {
	n := &Data{Frozen: r.flag()}
	h := r.hash()
	if r.err != nil {
		return n
	}
	n.Chunk, r.err = l.load(h, chunkData, 2, func(d *codec.Decoder) (err error) {
		n.Value, err = d.Value()
		return err
	})
	if r.err == nil {
		l.chunks.add(n.Chunk)
	}
	return n
}

func (l *loader) function(r *reader) *Func {
	n := &Func{Source: l.source(r, r.hash()), Marks: uint8(r.int(math.MaxUint8))}
	n.Names, n.Cells, n.Defaults = r.refs(), r.refs(), r.refs()
	return n
}
