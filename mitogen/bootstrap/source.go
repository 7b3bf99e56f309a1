package bootstrap

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Program is a program for one platform, as the first stage looks for it.
type Program struct {
	Platform
	// Hash is the sha256 of the program, 64 hex digits.
	Hash string
	// Size is the program's size in bytes.
	Size int64
}

// name is the program's file name in a target's cache.
func (p Program) name() string { return p.Hash[:min(nameLen, len(p.Hash))] }

// Binary is a program that can be pushed. Several pushes may use it at once.
type Binary struct {
	Program
	// GzSize is the number of bytes that Gzip gives.
	GzSize int64
	// Gzip opens the program compressed with gzip.
	Gzip func() (io.ReadCloser, error)
}

// open gives the bytes to push and their number.
func (b *Binary) open(compressed bool) (io.ReadCloser, int64, error) {
	packed, err := b.Gzip()
	if err != nil || compressed {
		return packed, b.GzSize, err
	}
	plain, err := gzip.NewReader(packed)
	if err != nil {
		return nil, 0, errors.Join(err, packed.Close())
	}
	return unpacked{plain, packed}, b.Size, nil
}

// unpacked closes the file below with the reader.
type unpacked struct {
	*gzip.Reader
	packed io.Closer
}

func (u unpacked) Close() error { return errors.Join(u.Reader.Close(), u.packed.Close()) }

// Source gives programs: a Bundle, the running program (Self), or both (Chain).
// It may be used by several goroutines.
type Source interface {
	// Programs lists what there is.
	Programs(ctx context.Context) ([]Program, error)
	// Open returns the program for the platform; the error for one that does
	// not exist says how to make it.
	Open(ctx context.Context, p Platform) (*Binary, error)
}

// Chain is a Source of all that the sources have; earlier ones win.
func Chain(sources ...Source) Source { return chain(sources) }

type chain []Source

func (c chain) Programs(ctx context.Context) ([]Program, error) {
	var all []Program
	for _, s := range c {
		ps, err := s.Programs(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range ps {
			if _, have := best(all, []Platform{p.Platform}); !have {
				all = append(all, p)
			}
		}
	}
	return all, nil
}

func (c chain) Open(ctx context.Context, pf Platform) (*Binary, error) {
	var all []Program
	for _, s := range c {
		ps, err := s.Programs(ctx)
		if err != nil {
			return nil, err
		}
		if _, ok := best(ps, []Platform{pf}); ok {
			return s.Open(ctx, pf)
		}
		all = append(all, ps...)
	}
	return nil, Missing(pf, all)
}

// Missing is the error for a platform that there is no program for; have lists
// those that there are.
func Missing(pf Platform, have []Program) error {
	var names []string
	for _, p := range have {
		if name := p.String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	there := "no program at all"
	if len(names) > 0 {
		there = "only " + strings.Join(names, ", ")
	}
	return value.Errorf(value.KindStream,
		"there is no program for %s to push (there is %s): make one with `make bundle` and keep the folder bundle beside the master's executable, or give binary_path", pf, there).
		With("hint", "`make bundle` makes the programs of all platforms; where there is none, mitoscript has to be built there")
}
