package parent_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"math/rand"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

var foreign = bootstrap.Platform{OS: "plan9", Arch: "mips"}

// shelf is a Source of programs in memory that counts what is taken.
type shelf struct {
	binaries map[bootstrap.Platform]*bootstrap.Binary

	mu     sync.Mutex
	opened int
}

func newShelf(t *testing.T, programs map[bootstrap.Platform][]byte) *shelf {
	t.Helper()
	s := &shelf{binaries: map[bootstrap.Platform]*bootstrap.Binary{}}
	for pf, plain := range programs {
		var packed bytes.Buffer
		gz, err := gzip.NewWriterLevel(&packed, gzip.NoCompression)
		if err == nil {
			_, err = gz.Write(plain)
		}
		if err = errors.Join(err, gz.Close()); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(plain)
		s.binaries[pf] = &bootstrap.Binary{
			Program: bootstrap.Program{Platform: pf, Hash: hex.EncodeToString(sum[:]), Size: int64(len(plain))},
			GzSize:  int64(packed.Len()),
			Gzip:    func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil },
		}
	}
	return s
}

func (s *shelf) Programs(context.Context) (all []bootstrap.Program, err error) {
	for _, bin := range s.binaries {
		all = append(all, bin.Program)
	}
	return all, nil
}

func (s *shelf) Open(_ context.Context, pf bootstrap.Platform) (*bootstrap.Binary, error) {
	s.mu.Lock()
	s.opened++
	s.mu.Unlock()
	if bin := s.binaries[pf]; bin != nil {
		return bin, nil
	}
	return nil, bootstrap.Missing(pf, nil)
}

// pair joins two routers, and has the upper one serve.
func pair(t *testing.T, upper *mitogen.Router, id uint32, services map[string]mitogen.Service) (lower *mitogen.Router) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if err := mitogen.Serve(upper, services); err != nil {
		t.Fatal(err)
	}
	lower = mitogen.NewRouter(mitogen.Options{
		Log: log, ID: id, ParentIDs: append([]uint32{upper.ID()}, upper.ParentIDs()...), Name: "lower",
	})
	above, below := net.Pipe()
	upper.AttachChild(above, upper.NewChild(id, "lower"))
	lower.AttachParent(below, nil)
	t.Cleanup(func() { lower.Broker().Shutdown(); lower.Broker().Join() })
	return lower
}

func newMaster(t *testing.T) *mitogen.Router {
	r := mitogen.NewRouter(mitogen.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	t.Cleanup(func() { r.Broker().Shutdown(); r.Broker().Join() })
	return r
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.New(rand.NewSource(1)).Read(b)
	return b
}

func unpack(bin *bootstrap.Binary) ([]byte, error) {
	packed, err := bin.Gzip()
	if err != nil {
		return nil, err
	}
	gz, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(gz)
}

// TestProgramsFromAbove has a context two levels down want programs that only the
// master has, several times at once: each context on the way gets them once.
func TestProgramsFromAbove(t *testing.T) {
	want := randomBytes(3_000_000)
	top := newShelf(t, map[bootstrap.Platform][]byte{foreign: want, bootstrap.Here(): []byte("for here")})
	own := newShelf(t, map[bootstrap.Platform][]byte{bootstrap.Here(): []byte("for here")})
	master := newMaster(t)
	middle := pair(t, master, 1, parent.New(parent.Options{Router: master, Binaries: top}).ProgramServices())
	source := parent.Upward(middle, own)
	low := pair(t, middle, 2, parent.New(parent.Options{Router: middle, Binaries: source}).ProgramServices())
	lowest := parent.Upward(low, own)

	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			bin, err := lowest.Open(t.Context(), foreign)
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := unpack(bin); err != nil || !bytes.Equal(got, want) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
		})
	}
	wg.Wait()
	pieces := top.opened
	bin, err := source.Open(t.Context(), foreign)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := unpack(bin); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if most := int(bin.GzSize/(128<<10) + 1); pieces > most || top.opened != pieces {
		t.Errorf("the master was asked for %d pieces, then %d: want %d", pieces, top.opened, most)
	}
	// Its own program is not fetched.
	if bin, err := lowest.Open(t.Context(), bootstrap.Here()); err != nil || own.opened != 1 {
		t.Errorf("%v, %v, %d", bin, err, own.opened)
	}
	other := bootstrap.Platform{OS: "linux", Arch: "vax"}
	if _, err := lowest.Open(t.Context(), other); !errors.Is(err, value.KindStream) ||
		!strings.Contains(err.Error(), "no program for linux/vax") || !strings.Contains(err.Error(), "make bundle") {
		t.Error(err)
	}
}

// TestParentsThatGiveNoProgram: the far side of the services misbehaves.
func TestParentsThatGiveNoProgram(t *testing.T) {
	top := newShelf(t, map[bootstrap.Platform][]byte{foreign: randomBytes(300_000)})
	size := top.binaries[foreign].GzSize
	good := parent.New(parent.Options{Router: newMaster(t), Binaries: top}).ProgramServices()
	answers := func(v value.Value, err error) mitogen.Service {
		return mitogen.Service{Func: func(context.Context, *mitogen.Message, value.Value) (value.Value, error) { return v, err }}
	}
	hash := top.binaries[foreign].Hash
	for _, tt := range []struct {
		name, service string
		with          mitogen.Service
		want          string // in the error
	}{
		{"no list", "programs", answers(int64(3), nil), "there is no program for plan9/mips"},
		{"a list of nonsense", "programs", answers(value.List{"x"}, nil), "there is no program for plan9/mips"},
		{"a hash that is none", "programs", answers(value.List{value.List{"plan9/mips", "../x", int64(3)}}, nil), "there is no program for plan9/mips"},
		{"an error instead of a list", "programs", answers(nil, errors.New("no")), "there is no program for plan9/mips"},
		{"a program that changed", "programs", answers(value.List{value.List{"plan9/mips", strings.Repeat("0", 64), int64(3)}}, nil), "has the sha256 " + hash},
		{"an error instead of a piece", "program", answers(nil, value.Errorf(value.KindStream, "the disk is broken")), "the disk is broken"},
		{"no piece", "program", answers(value.List{size, value.Blob("")}, nil), "malformed piece"},
		{"a piece that is too long", "program", answers(value.List{int64(3), value.Blob("long")}, nil), "malformed piece"},
		{"a huge size", "program", answers(value.List{int64(1) << 40, value.Blob(make([]byte, 128<<10))}, nil), "malformed piece"},
		{"no blob", "program", answers(value.List{size, "x"}, nil), "malformed piece"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			services := map[string]mitogen.Service{}
			for name, s := range good {
				services[name] = s
			}
			services[tt.service] = tt.with
			low := pair(t, newMaster(t), 1, services)
			src := parent.Upward(low, newShelf(t, map[bootstrap.Platform][]byte{bootstrap.Here(): []byte("own")}))
			for range 2 { // an error is not kept
				bin, err := src.Open(t.Context(), foreign)
				if err == nil {
					_, err = unpack(bin)
				}
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %s", err, tt.want)
				}
			}
			if bin, err := src.Open(t.Context(), bootstrap.Here()); err != nil || bin.Size != 3 {
				t.Errorf("its own program: %v, %v", bin, err)
			}
		})
	}
}

func TestProgramRequests(t *testing.T) {
	top := newShelf(t, map[bootstrap.Platform][]byte{foreign: randomBytes(300_000)})
	master := newMaster(t)
	low := pair(t, master, 1, parent.New(parent.Options{Router: master, Binaries: top}).ProgramServices())
	hash := top.binaries[foreign].Hash
	for _, arg := range []value.Value{
		nil, int64(1), value.List{}, value.List{"plan9/mips", hash}, value.List{"plan9/mips", hash, "x"}, value.List{"/", hash, int64(0)},
		value.List{"plan9/mips", hash, int64(-1)}, value.List{"plan9/mips", hash, int64(1) << 60}, value.List{"plan9/mips", "", int64(0)},
	} {
		if v, err := low.Parent().CallService(t.Context(), "program", arg); err == nil {
			t.Errorf("%v: got %v", arg, v)
		}
	}
}
