package parent

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

const (
	// piecesAhead is how many pieces of a program are asked for at a time.
	piecesAhead = 8
	// maxProgramSize bounds what a parent can make us keep, in bytes.
	maxProgramSize = 64 << 20
)

// Upward is the Source of a context that is not the master: what the contexts
// above have, and its own program. What came from above stays in memory,
// compressed: it is fetched once, and handed on while it still comes.
func Upward(r *mitogen.Router, own bootstrap.Source) bootstrap.Source {
	return &upward{router: r, own: own, fetched: map[string]*fetch{}}
}

type upward struct {
	router *mitogen.Router
	own    bootstrap.Source

	mu      sync.Mutex
	above   []bootstrap.Program // what there is above; nil until it was heard
	fetched map[string]*fetch   // by sha256
}

// Programs lists what is above, and our own program where that has none for this
// platform. A parent that does not answer has none.
func (u *upward) Programs(ctx context.Context) ([]bootstrap.Program, error) {
	above, err := u.list(ctx)
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		u.router.Log().Debug("no programs from above", "reason", err)
	}
	if _, ok := find(above, bootstrap.Here()); ok {
		return above, nil
	}
	own, err := u.own.Programs(ctx)
	return append(slices.Clone(above), own...), err
}

func find(programs []bootstrap.Program, pf bootstrap.Platform) (bootstrap.Program, bool) {
	i := slices.IndexFunc(programs, func(p bootstrap.Program) bool { return p.Platform == pf })
	if i < 0 {
		return bootstrap.Program{}, false
	}
	return programs[i], true
}

// list asks the parent, until it has answered once.
func (u *upward) list(ctx context.Context) ([]bootstrap.Program, error) {
	u.mu.Lock()
	above := u.above
	u.mu.Unlock()
	if above != nil {
		return above, nil
	}
	parent := u.router.Parent()
	if parent == nil {
		return nil, nil // detached
	}
	v, err := parent.CallService(ctx, servicePrograms, nil)
	if err != nil {
		return nil, err
	}
	items, ok := v.(value.List)
	above = make([]bootstrap.Program, 0, len(items))
	for _, it := range items {
		p, perr := readProgram(it)
		if perr != nil {
			return nil, perr
		}
		above = append(above, p)
	}
	if !ok {
		return nil, value.Errorf(value.KindStream, "the parent's list of programs is a %s", value.TypeName(v))
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.above = above
	return above, nil
}

func readProgram(v value.Value) (p bootstrap.Program, err error) {
	list, _ := v.(value.List)
	if len(list) == 3 {
		name, _ := list[0].(string)
		hash, ok1 := list[1].(string)
		size, ok2 := list[2].(int64)
		p.Platform, err = bootstrap.ParsePlatform(name)
		p.Hash, p.Size = hash, size
		if err == nil && ok1 && ok2 && size > 0 && bootstrap.IsHash(hash) {
			return p, nil
		}
	}
	return p, value.Errorf(value.KindStream, "the parent's list of programs is malformed")
}

// Open takes our own program if it is the one wanted, else the parent's.
func (u *upward) Open(ctx context.Context, pf bootstrap.Platform) (*bootstrap.Binary, error) {
	programs, err := u.Programs(ctx)
	if err != nil {
		return nil, err
	}
	want, ok := find(programs, pf)
	if !ok {
		return nil, bootstrap.Missing(pf, programs)
	}
	if pf == bootstrap.Here() {
		own, err := u.own.Programs(ctx)
		if err != nil {
			return nil, err
		}
		if p, ok := find(own, pf); ok && p.Hash == want.Hash {
			return u.own.Open(ctx, pf)
		}
	}
	f := u.fetch(want)
	size, err := f.size(ctx)
	if err != nil {
		return nil, err
	}
	return &bootstrap.Binary{Program: want, GzSize: size, Gzip: func() (io.ReadCloser, error) {
		return &pieces{ctx: ctx, f: f}, nil
	}}, nil
}

// fetch gives the program as it comes or came, and starts its coming.
func (u *upward) fetch(p bootstrap.Program) *fetch {
	u.mu.Lock()
	defer u.mu.Unlock()
	f, ok := u.fetched[p.Hash]
	if ok {
		return f
	}
	f = &fetch{grown: make(chan struct{})}
	u.fetched[p.Hash] = f
	u.router.Log().Debug("fetching a program from above", "platform", p.Platform.String())
	started := u.router.Broker().Go(func() {
		if err := u.run(f, request{platform: p.Platform, hash: p.Hash}); err != nil {
			u.mu.Lock()
			delete(u.fetched, p.Hash) // the next one tries again
			u.mu.Unlock()
			f.add(0, nil, err)
		}
	})
	if !started {
		delete(u.fetched, p.Hash)
		f.add(0, nil, value.Errorf(value.KindCancelled, "cannot fetch a program: shutting down"))
	}
	return f
}

// run asks for piece after piece, some ahead of those that have come.
func (u *upward) run(f *fetch, req request) error {
	var asked []*mitogen.Receiver
	defer func() {
		for _, rv := range asked {
			rv.Close()
		}
	}()
	total := int64(1) // more is known from the first answer on
	for have := int64(0); have < total; {
		for len(asked) < piecesAhead && req.offset < total {
			m, err := mitogen.NewMessage(value.List{serviceProgram, req.value()})
			if err != nil {
				return err
			}
			m.Handle = wire.CallService
			parent := u.router.Parent()
			if parent == nil {
				return value.Errorf(value.KindStream, "there is no context above to get the program from")
			}
			rv, err := parent.SendAsync(m, false)
			if err != nil {
				return err
			}
			asked = append(asked, rv)
			req.offset += pieceSize
		}
		v, err := asked[0].GetValue(u.router.Broker().Context())
		if err != nil {
			return err
		}
		asked = asked[1:]
		size, piece, err := readAnswer(v, have, total)
		if err != nil {
			return err
		}
		total = size
		have += int64(len(piece))
		f.add(size, []byte(piece), nil)
	}
	return nil
}

// readAnswer checks the answer that follows have bytes of total; the first may
// say any total.
func readAnswer(v value.Value, have, total int64) (size int64, piece value.Blob, err error) {
	list, _ := v.(value.List)
	if len(list) == 2 {
		size, _ := list[0].(int64)
		piece, _ := list[1].(value.Blob)
		known := have == 0 || size == total
		if known && size > 0 && size <= maxProgramSize && int64(len(piece)) == min(pieceSize, size-have) {
			return size, piece, nil
		}
	}
	return 0, "", value.Errorf(value.KindStream, "the parent sent a malformed piece of a program")
}

// fetch is a compressed program that comes from above.
type fetch struct {
	mu    sync.Mutex
	total int64
	data  []byte
	err   error
	grown chan struct{} // closed and replaced when there is more
}

func (f *fetch) add(total int64, piece []byte, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.data == nil && err == nil {
		f.total, f.data = total, make([]byte, 0, total)
	}
	f.data, f.err = append(f.data, piece...), err
	close(f.grown)
	f.grown = make(chan struct{})
}

// at gives what there is from the offset on, waiting for some. At the end it is nothing.
func (f *fetch) at(ctx context.Context, offset int64) ([]byte, error) {
	for {
		f.mu.Lock()
		data, total, err, grown := f.data, f.total, f.err, f.grown
		f.mu.Unlock()
		switch {
		case offset < int64(len(data)):
			return data[offset:], nil
		case err != nil:
			return nil, err
		case total > 0 && offset >= total:
			return nil, nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// size waits until it is known.
func (f *fetch) size(ctx context.Context) (int64, error) {
	if _, err := f.at(ctx, 0); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.total, nil
}

// pieces reads a fetch.
type pieces struct {
	ctx    context.Context
	f      *fetch
	offset int64
}

func (p *pieces) Read(b []byte) (int, error) {
	data, err := p.f.at(p.ctx, p.offset)
	if err != nil {
		return 0, err
	}
	if len(data) == 0 {
		return 0, io.EOF
	}
	n := copy(b, data)
	p.offset += int64(n)
	return n, nil
}

// Seek goes to an offset from the start only.
func (p *pieces) Seek(offset int64, whence int) (int64, error) {
	if whence != io.SeekStart || offset < 0 {
		return 0, value.Errorf(value.KindValue, "cannot seek to %d from %d", offset, whence)
	}
	p.offset = offset
	return offset, nil
}

func (p *pieces) Close() error { return nil }
