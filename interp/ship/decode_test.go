package ship_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func TestErrorsOfFetchAreReturned(t *testing.T) {
	f, s := encode(t, fullGraph(t))
	for _, c := range f.Chunks {
		delete(s, c.Hash)
		if _, err := ship.Decode(t.Context(), f.Root, s.fetch); !errors.Is(err, errMissing) {
			t.Errorf("without chunk %s: %v", c.Hash, err)
		}
		s.add(c)
	}
	stop := func(context.Context, value.Hash) ([]byte, error) { return nil, context.Canceled }
	if _, err := ship.Decode(t.Context(), f.Root, stop); err != context.Canceled {
		t.Error(err)
	}
}

func TestChangedChunksAreRefused(t *testing.T) {
	f, s := encode(t, fullGraph(t))
	for _, c := range f.Chunks {
		changed := append([]byte(nil), c.Data...)
		changed[len(changed)/2] ^= 1
		s[c.Hash] = changed
		if _, err := ship.Decode(t.Context(), f.Root, s.fetch); !errors.Is(err, value.KindValue) || !strings.Contains(err.Error(), "another hash") {
			t.Errorf("chunk %s: %v", c.Hash, err)
		}
		s.add(c)
	}
}

func TestChunksOfAnotherKindAreRefused(t *testing.T) {
	f, s := encode(t, newSmallGraph())
	for _, c := range f.Chunks[:len(f.Chunks)-1] {
		if _, err := ship.Decode(t.Context(), c.Hash, s.fetch); !errors.Is(err, value.KindValue) {
			t.Errorf("a source as root: %v", err)
		}
	}
}

// TestHostileGraphs decodes graphs that no Encode would make.
func TestHostileGraphs(t *testing.T) {
	s := store{}
	src := source("f", nil, []string{"n"}, 0)
	f, err := ship.Encode(&ship.Graph{Nodes: []ship.Node{&ship.Func{Source: src, Cells: []ship.Ref{1}}, &ship.Cell{Value: ship.None}}})
	if err != nil {
		t.Fatal(err)
	}
	s.add(f.Chunks...)
	hash := value.Bytes(hashOf(src))
	fn := value.List{int64(2), hash, int64(0), value.List{}, value.List{int64(1)}, value.List{}}
	cell := value.List{int64(3), int64(-1)}
	for _, c := range []struct {
		name, want string
		v          value.Value
	}{
		{"well-formed", "", value.List{int64(1), "lua", "f", int64(0), value.List{fn, cell}}},
		{"cell is none", "not a cell", value.List{int64(1), "lua", "f", int64(0), value.List{fn, fn}}},
		{"root out of range", "not in the graph", value.List{int64(1), "lua", "f", int64(9), value.List{fn, cell}}},
		{"root is none", "not in the graph", value.List{int64(1), "lua", "f", int64(-1), value.List{fn, cell}}},
		{"huge root", "not in the graph", value.List{int64(1), "lua", "f", int64(1 << 40), value.List{fn, cell}}},
		{"short", "another length", value.List{int64(1), "lua", "f", int64(0)}},
		{"another kind", "another kind", value.List{int64(2), "lua", "f", int64(0), value.List{fn, cell}}},
		{"no nodes", "an array was expected", value.List{int64(1), "lua", "f", int64(0), "x"}},
		{"no node", "an array was expected", value.List{int64(1), "lua", "f", int64(0), value.List{nil}}},
		{"empty node", "", value.List{int64(1), "lua", "f", int64(0), value.List{value.List{}, cell}}},
		{"unknown form", "out of range", value.List{int64(1), "lua", "f", int64(0), value.List{value.List{int64(10), int64(0)}}}},
		{"short node", "another length", value.List{int64(1), "lua", "f", int64(0), value.List{value.List{int64(3)}, cell}}},
		{"long node", "another length", value.List{int64(1), "lua", "f", int64(0), value.List{value.List{int64(3), int64(0), int64(0)}}}},
		{"flag", "out of range", value.List{int64(1), "lua", "f", int64(0), value.List{value.List{int64(0), int64(2), nil}}}},
		{"hash", "another length", value.List{int64(1), "lua", "f", int64(0), value.List{value.List{int64(1), int64(0), value.Bytes("x")}}}},
		{"foreign", "a function was expected", value.List{int64(1), "lua", "f", int64(0), value.List{value.List{int64(9), int64(0)}}}},
		{"data of another kind", "another length", value.List{int64(1), "lua", "f", int64(0), value.List{value.List{int64(1), int64(0), hash}}}},
		{"module of another kind", "another length", value.List{int64(1), "lua", "f", int64(0), value.List{value.List{int64(8), hash, ""}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := codec.Encode(c.v)
			if err != nil {
				t.Fatal(err)
			}
			chunk := ship.NewChunk(data)
			s.add(chunk)
			_, err = ship.Decode(t.Context(), chunk.Hash, s.fetch)
			switch {
			case c.name == "well-formed":
				if err != nil {
					t.Error(err)
				}
			case !errors.Is(err, value.KindValue) || !strings.Contains(err.Error(), c.want):
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func hashOf(src *ship.Source) string {
	h := src.Hash()
	return string(h[:])
}

// FuzzDecode decodes arbitrary root chunks beside good ones.
func FuzzDecode(f *testing.F) {
	s := store{}
	for _, g := range []*ship.Graph{newSmallGraph(), fullGraph(f)} {
		_, chunks := encode(f, g)
		for h, data := range chunks {
			s[h] = data
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		root := ship.NewChunk(data)
		fetch := func(ctx context.Context, h value.Hash) ([]byte, error) {
			if h == root.Hash {
				return data, nil
			}
			return s.fetch(ctx, h)
		}
		g, err := ship.Decode(t.Context(), root.Hash, fetch)
		if err != nil {
			return
		}
		again, err := ship.Encode(g)
		if err != nil {
			t.Fatalf("accepted, but cannot be sent on: %v", err)
		}
		own := store{}
		own.add(again.Chunks...)
		for h, d := range s {
			own[h] = d
		}
		back, err := ship.Decode(t.Context(), again.Root, own.fetch)
		if err != nil {
			t.Fatalf("our own encoding is refused: %v", err)
		}
		if show(t, back) != show(t, g) {
			t.Fatalf("got:\n%s\nwant:\n%s", show(t, back), show(t, g))
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	main, helper := source("main", []string{"CONFIG", "helper"}, nil, 1), source("helper", nil, nil, 0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ship.Encode(smallGraph(main, helper)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	f, s := encode(b, newSmallGraph())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ship.Decode(b.Context(), f.Root, s.fetch); err != nil {
			b.Fatal(err)
		}
	}
}
