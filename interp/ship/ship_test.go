package ship_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// store keeps chunks as a context does.
type store map[value.Hash][]byte

func (s store) add(chunks ...*value.Chunk) {
	for _, c := range chunks {
		s[c.Hash] = c.Data
	}
}

func (s store) fetch(_ context.Context, h value.Hash) ([]byte, error) {
	if data, ok := s[h]; ok {
		return data, nil
	}
	return nil, errMissing
}

var errMissing = errors.New("no such chunk")

func dictOf(pairs ...value.Value) *value.Dict {
	d := value.NewDict(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		d.Append(pairs[i], pairs[i+1])
	}
	return d
}

func source(name string, globals, cells []string, params int) *ship.Source {
	return &ship.Source{
		Path: "deploy.star", Line: 12, Col: 5, Name: name, Names: globals, Cells: cells, Params: params, Options: 7, Form: "def",
		Text: "def " + name + "(x = 1):\n    return CONFIG[x] + helper(x)\n",
	}
}

// smallGraph is a function with two small globals and a helper.
func smallGraph(main, helper *ship.Source) *ship.Graph {
	return &ship.Graph{
		Lang: "starlark", Name: "main", Root: 0,
		Nodes: []ship.Node{
			&ship.Func{Source: main, Names: []ship.Ref{1, 2}, Defaults: []ship.Ref{3}},
			&ship.Data{Value: dictOf("path", "/srv/www", "keep", int64(5))},
			&ship.Func{Source: helper},
			&ship.Data{Value: int64(1)},
		},
	}
}

func newSmallGraph() *ship.Graph {
	return smallGraph(source("main", []string{"CONFIG", "helper"}, nil, 1), source("helper", nil, nil, 0))
}

// fullGraph has a node of every kind, shared and cyclic.
func fullGraph(t testing.TB) *ship.Graph {
	t.Helper()
	frozen, err := ship.DataChunk(value.List{"a", "b", int64(3)})
	if err != nil {
		t.Fatal(err)
	}
	disk := &ship.Module{Lang: "starlark", Path: "lib/disk.star", Text: "def usage(): pass\n"}
	backup := &ship.Module{Lang: "starlark", Path: "lib/backup.star", Text: "load('disk.star', 'usage')\n",
		Loads: []ship.Load{{Name: "disk.star", Module: disk}, {Name: "./disk.star", Module: disk}}}
	foreign, err := ship.Encode(&ship.Graph{Lang: "lua", Name: "count", Nodes: []ship.Node{&ship.Func{Source: &ship.Source{Path: "count.lua", Text: "function() end"}}}})
	if err != nil {
		t.Fatal(err)
	}
	src := source("main", []string{"a", "b", "c"}, []string{"n"}, 2)
	src.Loads = []ship.Load{{Name: "disk", Module: disk}}
	return &ship.Graph{
		Lang: "starlark", Name: "main", Root: 2,
		Nodes: []ship.Node{
			&ship.Data{Chunk: frozen, Frozen: true}, // 0
			&ship.Cell{Value: 5},
			&ship.Func{Source: src, Names: []ship.Ref{2, 5, ship.None}, Cells: []ship.Ref{1}, Defaults: []ship.Ref{0, ship.None}, Marks: 3},
			&ship.Func{Source: src, Names: []ship.Ref{3, 6, 7}, Cells: []ship.Ref{1}, Defaults: []ship.Ref{ship.None, ship.None}},
			&ship.Cell{Value: ship.None},
			&ship.Seq{Kind: ship.List, Items: []ship.Ref{5, 2, 0}}, // holds itself
			&ship.Seq{Kind: ship.Tuple, Items: []ship.Ref{3}, Frozen: true},
			&ship.Map{Kind: ship.Table, Keys: []ship.Ref{0, 8}, Vals: []ship.Ref{5, 9}, Meta: 7},
			&ship.Map{Kind: ship.Struct, Name: "point", Keys: []ship.Ref{8}, Vals: []ship.Ref{5}, Meta: ship.None, Frozen: true},
			&ship.Builtin{Name: "os.hostname"},
			&ship.Method{Recv: 5, Name: "append"},
			&ship.ModuleRef{Module: backup},
			&ship.ModuleRef{Module: disk, Name: "usage", Marks: 1},
			&ship.Foreign{Func: foreign},
			&ship.Data{Value: value.ContextRef{ID: 3, Name: "ssh.web1"}},
			&ship.Seq{Kind: ship.Set},
		},
	}
}

// show gives a text of all that a Graph means.
func show(t testing.TB, g *ship.Graph) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %d\n", g.Lang, g.Name, g.Root)
	for _, n := range g.Nodes {
		switch n := n.(type) {
		case *ship.Data:
			chunk := value.Hash{}
			if n.Chunk != nil {
				chunk = n.Chunk.Hash
			} else if data, err := codec.Encode(n.Value); err == nil {
				fmt.Fprintf(&b, "%x ", data)
			}
			fmt.Fprintf(&b, "data %s %v\n", chunk, n.Frozen)
		case *ship.Func:
			s := n.Source
			fmt.Fprintf(&b, "func %v %v %v %d %s:%d:%d %q %q %q %q %d %d %q\n", n.Names, n.Cells, n.Defaults, n.Marks,
				s.Path, s.Line, s.Col, s.Text, s.Name, s.Names, s.Cells, s.Params, s.Options, s.Form)
		case *ship.ModuleRef:
			fmt.Fprintf(&b, "module %s %s\n", showModule(n.Module), n.Name)
		case *ship.Foreign:
			fmt.Fprintf(&b, "foreign %s %s %s\n", n.Func.Lang, n.Func.Name, n.Func.Root)
		default:
			fmt.Fprintf(&b, "%T %+v\n", n, n)
		}
	}
	return b.String()
}

func showModule(m *ship.Module) string {
	s := fmt.Sprintf("%s %s %q (", m.Lang, m.Path, m.Text)
	for _, l := range m.Loads {
		s += l.Name + "=" + showModule(l.Module)
	}
	return s + ")"
}

func encode(t testing.TB, g *ship.Graph) (*value.Func, store) {
	t.Helper()
	f, err := ship.Encode(g)
	if err != nil {
		t.Fatal(err)
	}
	s := store{}
	s.add(f.Chunks...)
	if len(s) != len(f.Chunks) {
		t.Errorf("%d chunks, %d of them different", len(f.Chunks), len(s))
	}
	return f, s
}

func TestRoundTrip(t *testing.T) {
	for name, g := range map[string]*ship.Graph{"small": newSmallGraph(), "full": fullGraph(t)} {
		t.Run(name, func(t *testing.T) {
			f, s := encode(t, g)
			if f.Lang != g.Lang || f.Name != g.Name || f.Builtin != "" {
				t.Errorf("function %+v", f)
			}
			got, err := ship.Decode(t.Context(), f.Root, s.fetch)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := show(t, got), show(t, g); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			again, s2 := encode(t, got)
			if again.Root != f.Root || len(s2) != len(s) {
				t.Errorf("encoded again: root %s with %d chunks, want %s with %d", again.Root, len(s2), f.Root, len(s))
			}
		})
	}
}

func TestCollect(t *testing.T) {
	for name, g := range map[string]*ship.Graph{"small": newSmallGraph(), "full": fullGraph(t)} {
		t.Run(name, func(t *testing.T) {
			f, s := encode(t, g)
			chunks, err := ship.Collect(t.Context(), f.Root, s.fetch)
			if err != nil {
				t.Fatal(err)
			}
			got := store{}
			got.add(chunks...)
			if len(chunks) != len(f.Chunks) || len(got) != len(s) || chunks[len(chunks)-1].Hash != f.Root {
				t.Errorf("%d chunks, %d of them different, want %d", len(chunks), len(got), len(f.Chunks))
			}
		})
	}
}

func TestFrozenDataIsDecoded(t *testing.T) {
	f, s := encode(t, fullGraph(t))
	g, err := ship.Decode(t.Context(), f.Root, s.fetch)
	if err != nil {
		t.Fatal(err)
	}
	d := g.Nodes[0].(*ship.Data)
	if l, ok := d.Value.(value.List); !ok || len(l) != 3 || l[2] != int64(3) || d.Chunk == nil || !d.Frozen {
		t.Errorf("got %+v", d)
	}
	if a, b := g.Nodes[2].(*ship.Func).Source, g.Nodes[3].(*ship.Func).Source; a != b {
		t.Error("one source became two")
	}
	if a, b := g.Nodes[11].(*ship.ModuleRef).Module, g.Nodes[12].(*ship.ModuleRef).Module; a.Loads[0].Module != b {
		t.Error("one module became two")
	}
}

// TestRootsAreTheSameEverywhere pins hashes: other machines and later runs must
// come to the same ones.
func TestRootsAreTheSameEverywhere(t *testing.T) {
	small, _ := encode(t, newSmallGraph())
	again, _ := encode(t, newSmallGraph())
	if small.Root != again.Root {
		t.Errorf("%s and %s", small.Root, again.Root)
	}
	if got, want := small.Root.String(), "92ce89fbb803268b3483f3fbd4632eaca428df42e198827386aa639583131ceb"; got != want {
		t.Errorf("small graph: %s, want %s", got, want)
	}
	full, _ := encode(t, fullGraph(t))
	if got, want := full.Root.String(), "b502d0021aad22df38484a443692b9ab4ae7d7ae8c11cdcbeb21dc040aba6253"; got != want {
		t.Errorf("full graph: %s, want %s", got, want)
	}
}

func TestEqualSourcesAreOneChunk(t *testing.T) {
	f, _ := encode(t, smallGraph(source("main", []string{"a", "b"}, nil, 1), source("helper", nil, nil, 0)))
	if len(f.Chunks) != 3 {
		t.Errorf("%d chunks", len(f.Chunks))
	}
	a, b := source("helper", nil, nil, 0), source("helper", nil, nil, 0)
	g := &ship.Graph{Lang: "starlark", Nodes: []ship.Node{&ship.Func{Source: a}, &ship.Func{Source: b}}}
	if f, _ := encode(t, g); len(f.Chunks) != 2 || a.Hash() != b.Hash() {
		t.Errorf("%d chunks", len(f.Chunks))
	}
	if f.Chunks[len(f.Chunks)-1].Hash != f.Root {
		t.Error("the root is not the last chunk")
	}
}

func TestManyChunksAreListedOnce(t *testing.T) {
	g := &ship.Graph{Lang: "starlark"}
	for i := range 100 {
		g.Nodes = append(g.Nodes, &ship.Func{Source: source(fmt.Sprint("f", i/2), nil, nil, 0)})
	}
	if f, _ := encode(t, g); len(f.Chunks) != 51 {
		t.Errorf("%d chunks", len(f.Chunks))
	}
}

func TestModuleHashCoversLoads(t *testing.T) {
	disk := func(text string) *ship.Module {
		return &ship.Module{Lang: "lua", Path: "a.lua", Text: "x", Loads: []ship.Load{{Name: "disk", Module: &ship.Module{Text: text}}}}
	}
	if a, b, c := disk("1").Hash(), disk("1").Hash(), disk("2").Hash(); a != b || a == c || a == (value.Hash{}) {
		t.Errorf("hashes %s %s %s", a, b, c)
	}
}

func TestWhatCannotBeEncoded(t *testing.T) {
	circle := &ship.Module{Path: "a.star"}
	circle.Loads = []ship.Load{{Name: "b", Module: &ship.Module{Path: "b.star", Loads: []ship.Load{{Name: "a", Module: circle}}}}}
	deep := &ship.Module{Path: "deep.star"}
	for range 300 {
		deep = &ship.Module{Path: "deep.star", Loads: []ship.Load{{Name: "a", Module: deep}}}
	}
	fn := &ship.Func{Source: source("f", nil, nil, 0)}
	for _, c := range []struct {
		name string
		want string
		g    ship.Graph
	}{
		{"no node", "the root is not in the graph", ship.Graph{}},
		{"root is data", "the root is not a function", ship.Graph{Nodes: []ship.Node{&ship.Data{}}}},
		{"root is a module", "the root is not a function", ship.Graph{Nodes: []ship.Node{&ship.ModuleRef{Module: deep}}}},
		{"live data", "[0]: cannot send a ship_test.live", ship.Graph{Nodes: []ship.Node{fn, &ship.Data{Value: value.List{live{}}}}}},
		{"modules in a circle", "cannot send module a.star: it loads itself in a circle", ship.Graph{Nodes: []ship.Node{fn, &ship.ModuleRef{Module: circle}}}},
		{"modules too deep", "more than 200 deep", ship.Graph{Nodes: []ship.Node{fn, &ship.ModuleRef{Module: deep}}}},
		{"no module", "no module", ship.Graph{Nodes: []ship.Node{fn, &ship.ModuleRef{}}}},
		{"no function", "no function", ship.Graph{Nodes: []ship.Node{fn, &ship.Foreign{}}}},
		{"no node at all", "unknown node", ship.Graph{Nodes: []ship.Node{fn, nil}}},
		{"no source", "no source", ship.Graph{Nodes: []ship.Node{&ship.Func{}}}},
		{"names do not fit", "does not fit its source", ship.Graph{Nodes: []ship.Node{&ship.Func{Source: fn.Source, Names: []ship.Ref{0}}}}},
		{"cell of no cell", "a captured variable is not a cell", ship.Graph{Nodes: []ship.Node{&ship.Func{Source: source("f", nil, []string{"n"}, 0), Cells: []ship.Ref{0}}}}},
		{"cell out of range", "out of the graph", ship.Graph{Nodes: []ship.Node{&ship.Func{Source: source("f", nil, []string{"n"}, 0), Cells: []ship.Ref{5}}}}},
		{"cell of a cell", "a cell stands for a value", ship.Graph{Nodes: []ship.Node{fn, &ship.Cell{Value: 1}}}},
		{"item out of range", "out of the graph", ship.Graph{Nodes: []ship.Node{fn, &ship.Seq{Items: []ship.Ref{2}}}}},
		{"negative item", "out of the graph", ship.Graph{Nodes: []ship.Node{fn, &ship.Seq{Items: []ship.Ref{-2}}}}},
		{"item of nothing", "a reference to nothing", ship.Graph{Nodes: []ship.Node{fn, &ship.Seq{Items: []ship.Ref{ship.None}}}}},
		{"kind of sequence", "unknown kind", ship.Graph{Nodes: []ship.Node{fn, &ship.Seq{Kind: 3}}}},
		{"kind of map", "unknown kind", ship.Graph{Nodes: []ship.Node{fn, &ship.Map{Kind: 3, Meta: ship.None}}}},
		{"metatable of a dict", "a metatable", ship.Graph{Nodes: []ship.Node{fn, &ship.Map{Meta: 0}}}},
		{"keys and values", "other keys than values", ship.Graph{Nodes: []ship.Node{fn, &ship.Map{Keys: []ship.Ref{0}, Meta: ship.None}}}},
		{"receiver", "out of the graph", ship.Graph{Nodes: []ship.Node{&ship.Method{Recv: 7}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.g.Name = "f"
			_, err := ship.Encode(&c.g)
			if err == nil || !strings.HasPrefix(err.Error(), "cannot send function f: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if (circle.Hash() != value.Hash{}) {
		t.Error("modules in a circle have a hash")
	}
	if _, err := ship.DataChunk(value.List{int64(1), live{}}); err == nil || err.Error() != "[1]: cannot send a ship_test.live" {
		t.Error(err)
	}
	if _, err := ship.DataChunk(&value.Func{Builtin: "os.hostname"}); err == nil {
		t.Error("a function is frozen data")
	}
}

type live struct{}
