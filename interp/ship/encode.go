package ship

import (
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// The forms of nodes in a graph's chunk; append-only.
const (
	nodeData = iota
	nodeDataChunk
	nodeFunc
	nodeCell
	nodeSeq
	nodeMap
	nodeBuiltin
	nodeMethod
	nodeModule
	nodeForeign
)

// Encode returns the function that g is, with all chunks that it needs: equal
// graphs give equal roots, on any machine. A value in g that cannot travel, or a
// Graph that is not well-formed, is an Error that names the function.
func Encode(g *Graph) (*value.Func, error) {
	if err := g.check(); err != nil {
		return nil, value.Errorf(value.KindError, "cannot send function %s: %w", g.Name, err)
	}
	e := graphEncoder{Encoder: newChunkEncoder(chunkGraph, 5)}
	e.Text(g.Lang)
	e.Text(g.Name)
	e.Int(int64(g.Root))
	e.Array(len(g.Nodes))
	for _, n := range g.Nodes {
		if err := e.node(n); err != nil {
			return nil, value.Errorf(value.KindError, "cannot send function %s: %w", g.Name, err)
		}
	}
	for _, f := range e.Funcs {
		e.chunks.add(f.Chunks...)
		e.Contexts = append(e.Contexts, f.Contexts...)
		e.lends = e.lends || f.Lends
	}
	root := NewChunk(e.Buf)
	e.chunks.add(root)
	return &value.Func{Lang: g.Lang, Name: g.Name, Root: root.Hash, Chunks: e.chunks.all,
		Contexts: e.Contexts, Lends: e.lends}, nil
}

// graphEncoder writes a graph's chunk and collects those that it refers to.
type graphEncoder struct {
	*codec.Encoder
	chunks chunkList
	lends  bool // the code uses the module Lender
}

func (e *graphEncoder) node(n Node) error {
	switch n := n.(type) {
	case *Data:
		return e.data(n)
	case *Func:
		return e.function(n)
	case *Cell:
		e.head(nodeCell, 1)
		e.ref(n.Value)
	case *Seq:
		e.head(nodeSeq, 3)
		e.Int(int64(n.Kind))
		e.flag(n.Frozen)
		e.refs(n.Items)
	case *Map:
		e.head(nodeMap, 6)
		e.Int(int64(n.Kind))
		e.flag(n.Frozen)
		e.Text(n.Name)
		e.ref(n.Meta)
		e.refs(n.Keys)
		e.refs(n.Vals)
	case *Builtin:
		e.lends = e.lends || strings.HasPrefix(n.Name, value.Lender)
		e.head(nodeBuiltin, 1)
		e.Text(n.Name)
	case *Method:
		e.head(nodeMethod, 2)
		e.ref(n.Recv)
		e.Text(n.Name)
	case *ModuleRef:
		return e.module(n)
	case *Foreign:
		e.head(nodeForeign, 1)
		return e.Value("", n.Func)
	}
	return nil
}

func (e *graphEncoder) data(n *Data) error {
	if n.Chunk == nil {
		e.head(nodeData, 2)
		e.flag(n.Frozen)
		return e.Value("", n.Value)
	}
	e.head(nodeDataChunk, 2)
	e.flag(n.Frozen)
	e.Contexts = append(e.Contexts, n.Chunk.Contexts...)
	e.chunk(n.Chunk)
	return nil
}

func (e *graphEncoder) function(n *Func) error {
	f, err := n.Source.encoded()
	if err != nil {
		return err
	}
	e.lends = e.lends || f.lends
	e.chunks.add(f.all...)
	e.head(nodeFunc, 5)
	hash(e.Encoder, f.chunk.Hash)
	e.Int(int64(n.Marks))
	e.refs(n.Names)
	e.refs(n.Cells)
	e.refs(n.Defaults)
	return nil
}

func (e *graphEncoder) module(n *ModuleRef) error {
	f, err := n.Module.encoded(nil)
	if err != nil {
		return err
	}
	e.lends = e.lends || f.lends
	e.chunks.add(f.all...)
	e.head(nodeModule, 3)
	hash(e.Encoder, f.chunk.Hash)
	e.Text(n.Name)
	e.Int(int64(n.Marks))
	return nil
}

// head begins a node of n further items.
func (e *graphEncoder) head(form, n int) {
	e.Array(1 + n)
	e.Int(int64(form))
}

func (e *graphEncoder) chunk(c *value.Chunk) {
	e.chunks.add(c)
	hash(e.Encoder, c.Hash)
}

func (e *graphEncoder) ref(r Ref) { e.Int(int64(r)) }

func (e *graphEncoder) refs(all []Ref) {
	e.Array(len(all))
	for _, r := range all {
		e.ref(r)
	}
}

func (e *graphEncoder) flag(b bool) {
	if b {
		e.Int(1)
	} else {
		e.Int(0)
	}
}
