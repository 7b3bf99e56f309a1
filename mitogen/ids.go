package mitogen

import (
	"context"
	"math"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// blockSize is how many ids a context is given at a time.
const blockSize = 1000

// idBlock is a run of ids: first up to, not including, end.
type idBlock struct{ first, end uint32 }

func (b idBlock) has(id uint32) bool { return id >= b.first && id < b.end }

// idSource gives out ids. The master's never ends; a child's is refilled from its
// parent, so that every context knows which ids it gave to which subtree: that is
// what makes a forged ADD_ROUTE visible.
type idSource struct {
	next, end uint32 // end 0: endless
}

func (s *idSource) take(n uint32) (idBlock, bool) {
	if s.end != 0 && s.next+n > s.end || s.next == 0 || s.next+n < s.next {
		return idBlock{}, false
	}
	b := idBlock{s.next, s.next + n}
	s.next += n
	return b, true
}

// AllocateID returns an id for a new child. In a child it may ask upwards.
func (r *Router) AllocateID(ctx context.Context) (uint32, error) {
	for {
		r.mu.Lock()
		b, ok := r.ids.take(1)
		r.mu.Unlock()
		if ok {
			return b.first, nil
		}
		b, err := r.askBlock(ctx)
		if err != nil {
			return 0, err
		}
		r.mu.Lock()
		r.ids = idSource{next: b.first, end: b.end}
		r.mu.Unlock()
	}
}

// NewChild returns the Context of a child that is about to be attached.
func (r *Router) NewChild(id uint32, name string) *Context {
	return &Context{router: r, id: id, name: name}
}

// askBlock gets a block from the parent. A context that is detached makes its own, also
// if it became so meanwhile.
func (r *Router) askBlock(ctx context.Context) (idBlock, error) {
	b, err := r.askParent(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.lastGiven = max(r.lastGiven, b.end)
	}
	if !r.detached {
		return b, err
	}
	if r.own.next == 0 { // half-way up from what is known: the old tree does not come so far
		known := max(r.id, r.lastGiven)
		r.own.next = known + (math.MaxUint32-known)/2
	}
	if b, ok := r.own.take(blockSize); ok {
		return b, nil
	}
	return idBlock{}, errorf("there are no context ids left")
}

// askParent asks the parent for a block. The data of ALLOCATE_ID is empty, that of
// its answer [first, end].
func (r *Router) askParent(ctx context.Context) (idBlock, error) {
	parent := r.Parent()
	if parent == nil {
		return idBlock{}, errorf("cannot allocate a context id: there is no parent to ask")
	}
	reply, err := parent.SendAwait(ctx, &Message{Frame: wire.Frame{Handle: wire.AllocateID}})
	if err != nil {
		return idBlock{}, err
	}
	items, _ := reply.(value.List)
	if len(items) == 2 {
		first, ok := items[0].(int64)
		end, ok2 := items[1].(int64)
		if ok && ok2 && first > 0 && first < end && end <= 1<<32-1 {
			return idBlock{uint32(first), uint32(end)}, nil
		}
	}
	return idBlock{}, errorf("the parent gave no context ids: %v", reply)
}

// maxBlocks bounds what one subtree may ask for: a million contexts.
const maxBlocks = 1000

func (r *Router) onAllocateID(m *Message) {
	s := m.stream
	if m.ReplyTo == 0 || s == nil {
		return
	}
	r.mu.Lock()
	full := s.asked >= maxBlocks
	if !full {
		s.asked++
	}
	r.mu.Unlock()
	if full {
		r.refuse(m, refused("too many context ids"))
		return
	}
	if r.IsMaster() {
		r.mu.Lock()
		b, ok := r.ids.take(blockSize)
		r.mu.Unlock()
		if !ok {
			r.refuse(m, "there are no context ids left")
			return
		}
		r.giveBlock(m, b)
		return
	}
	// The reader may not wait for the parent's answer.
	r.work(m, func() {
		b, err := r.askBlock(r.broker.ctx)
		if err != nil {
			r.refuse(m, err.Error())
			return
		}
		r.giveBlock(m, b)
	})
}

// maxAsking bounds the requests of one subtree that are worked at side by side.
const maxAsking = 4096

// work does what a message asks for on a goroutine of its own.
func (r *Router) work(m *Message, fn func()) {
	s := m.stream
	if s == nil || s.parent {
		if !r.broker.run(fn) {
			r.refuse(m, reasonBrokerExit)
		}
		return
	}
	if s.asking.Add(1) > maxAsking {
		s.asking.Add(-1)
		r.refuse(m, refused("too many requests at a time"))
		return
	}
	if !r.broker.run(func() { defer s.asking.Add(-1); fn() }) {
		s.asking.Add(-1)
		r.refuse(m, reasonBrokerExit)
	}
}

// giveBlock may run on the reader of the link that the answer takes, and so never waits.
func (r *Router) giveBlock(m *Message, b idBlock) {
	r.mu.Lock()
	m.stream.blocks = append(m.stream.blocks, b)
	r.mu.Unlock()
	if err := m.reply(value.List{int64(b.first), int64(b.end)}, urgent); err != nil {
		r.log.Error("cannot give context ids", "reason", err)
	}
}
