package random

import (
	"context"
	crand "crypto/rand"
	"hash/fnv"
	"math/rand/v2"
	"sync"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// source is the generator of one process: seeded by chance until seed is called.
type source struct {
	mu  sync.Mutex
	rnd *rand.Rand // guarded by mu
}

// Module makes the module random.
func Module() *interp.Module {
	s := &source{rnd: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}
	list := interp.Param{Name: "list", Doc: "A list or tuple.", Required: true}
	return &interp.Module{Name: "random", Doc: "Chance. Only bytes and token are fit for secrets.", Funcs: []*interp.Func{
		{Name: "int", Doc: "Returns an integer from a to b, both included.", Impl: s.integer,
			Params: []interp.Param{{Name: "a", Doc: "The least.", Required: true}, {Name: "b", Doc: "The greatest.", Required: true}}},
		{Name: "float", Doc: "Returns a number from 0 up to 1, 1 not included.",
			Impl: func(context.Context, *interp.Args) (value.Value, error) {
				s.mu.Lock()
				defer s.mu.Unlock()
				return s.rnd.Float64(), nil
			}},
		{Name: "choice", Doc: "Returns one item of a list.", Params: []interp.Param{list}, Impl: s.choice},
		{Name: "shuffle", Doc: "Returns a new list of the same items in another order.", Params: []interp.Param{list},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				items, err := a.List("list")
				if err != nil {
					return nil, err
				}
				return s.pick(items, len(items)), nil
			}},
		{Name: "sample", Doc: "Returns n different items of a list.", Impl: s.sample,
			Params: []interp.Param{list, {Name: "n", Doc: "How many.", Required: true}}},
		{Name: "bytes", Doc: "Returns n cryptographic random bytes.", Impl: randomBytes,
			Params: []interp.Param{{Name: "n", Doc: "How many.", Required: true}}},
		{Name: "token", Doc: "Returns cryptographic random text of n letters and digits.", Impl: token,
			Params: []interp.Param{{Name: "n", Doc: "How many characters.", Default: int64(32)}}},
		{Name: "seed", Doc: "Makes all but bytes and token repeat the same sequence for the same n.", Impl: s.seed,
			Params: []interp.Param{{Name: "n", Doc: "A number or text.", Required: true}}},
	}}
}

func (s *source) integer(_ context.Context, a *interp.Args) (value.Value, error) {
	low, err := a.Int("a")
	if err != nil {
		return nil, err
	}
	high, err := a.Int("b")
	if err != nil {
		return nil, err
	}
	if high < low {
		return nil, value.Errorf(value.KindValue, "there is no integer from %d to %d", low, high)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	span := uint64(high) - uint64(low) + 1
	if span == 0 { // all of int64
		return int64(s.rnd.Uint64()), nil
	}
	return int64(uint64(low) + s.rnd.Uint64N(span)), nil
}

func (s *source) choice(_ context.Context, a *interp.Args) (value.Value, error) {
	items, err := a.List("list")
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, value.Errorf(value.KindValue, "cannot choose from an empty list")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return items[s.rnd.IntN(len(items))], nil
}

func (s *source) sample(_ context.Context, a *interp.Args) (value.Value, error) {
	items, err := a.List("list")
	if err != nil {
		return nil, err
	}
	n, err := a.Int("n")
	if err != nil {
		return nil, err
	}
	if n < 0 || n > int64(len(items)) {
		return nil, value.Errorf(value.KindValue, "cannot take %d different items of %d", n, len(items))
	}
	return s.pick(items, int(n)), nil
}

// pick returns n items in random order.
func (s *source) pick(items []value.Value, n int) value.List {
	out := append(value.List{}, items...)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range n {
		j := i + s.rnd.IntN(len(out)-i)
		out[i], out[j] = out[j], out[i]
	}
	return out[:n]
}

func (s *source) seed(_ context.Context, a *interp.Args) (value.Value, error) {
	var n uint64
	switch v := a.Value("n").(type) {
	case int64:
		n = uint64(v)
	default:
		text, err := a.Data("n")
		if err != nil {
			return nil, a.Errorf("argument n: want a number or text, got %s", value.TypeName(v))
		}
		h := fnv.New64a()
		h.Write([]byte(text))
		n = h.Sum64()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rnd = rand.New(rand.NewPCG(n, 0x6d69746f))
	return nil, nil
}

// maxBytes bounds one request.
const maxBytes = 64 << 20

func countArg(a *interp.Args) (int, error) {
	n, err := a.Int("n")
	if err == nil && (n < 0 || n > maxBytes) {
		err = value.Errorf(value.KindValue, "%s: %d is not from 0 to %d", a.Func.Name, n, maxBytes)
	}
	return int(n), err
}

func randomBytes(_ context.Context, a *interp.Args) (value.Value, error) {
	n, err := countArg(a)
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, _ = crand.Read(b) // never fails: the process ends instead
	return value.Bytes(b), nil
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func token(_ context.Context, a *interp.Args) (value.Value, error) {
	n, err := countArg(a)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, n)
	buf := make([]byte, 64)
	for len(out) < n {
		_, _ = crand.Read(buf)
		for _, b := range buf {
			if b &= 63; int(b) < len(letters) && len(out) < n { // else some letters came up more often
				out = append(out, letters[b])
			}
		}
	}
	return string(out), nil
}
