package mitogen

import (
	"context"
	"slices"
	"sync"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Select waits for several sources.
type Select struct {
	source
	oneshot bool
	// news has a source for each item that arrived; some may be stale, as items can
	// be taken directly, and nil says that there may be no members left.
	news queue[Source]

	// guarded by membersMu
	membersMu sync.Mutex
	members   map[Source]uint64 // the number of its addition
	order     []member          // as added; may hold some that were removed
	added     uint64
}

type member struct {
	src    Source
	number uint64
}

// NewSelect returns a Select of the sources. With oneshot a source is removed once
// it has given an item, a sub-select once it has no members left.
func NewSelect(oneshot bool, sources ...Source) (*Select, error) {
	s := &Select{oneshot: oneshot, members: make(map[Source]uint64, len(sources)), order: make([]member, 0, len(sources))}
	s.news.items = make([]Source, 0, len(sources))
	for _, src := range sources {
		if err := s.Add(src); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// Add makes src a member. One that another Select owns, and a cycle, are Errors, a
// closed Select is a LatchError.
func (s *Select) Add(src Source) error {
	if sub, ok := src.(*Select); ok && sub.contains(s) {
		return errorf("Adding this Select instance would create a Select cycle")
	}
	if s.closed() {
		return selectClosed()
	}
	if err := src.base().own(s, src); err != nil {
		return err
	}
	s.membersMu.Lock()
	s.added++
	s.members[src] = s.added
	s.order = append(s.order, member{src, s.added})
	s.membersMu.Unlock()
	for range src.Len() {
		s.ready(src)
	}
	if rv, ok := src.(interface{ End() error }); ok && rv.End() != nil { // it is heard behind what is buffered
		s.ready(src)
	}
	return nil
}

func (s *Select) contains(other *Select) bool {
	if s == other {
		return true
	}
	for _, m := range s.Members() {
		if sub, ok := m.(*Select); ok && sub.contains(other) {
			return true
		}
	}
	return false
}

// Members are the sources, in the order in which they were added.
func (s *Select) Members() []Source {
	s.membersMu.Lock()
	defer s.membersMu.Unlock()
	s.tidyLocked()
	members := make([]Source, len(s.order))
	for i, m := range s.order {
		members[i] = m.src
	}
	return members
}

// tidyLocked drops what was removed from the order.
func (s *Select) tidyLocked() {
	s.order = slices.DeleteFunc(s.order, func(m member) bool { return s.members[m.src] != m.number })
}

// Count is the number of members.
func (s *Select) Count() int {
	s.membersMu.Lock()
	defer s.membersMu.Unlock()
	return len(s.members)
}

// Len is the number of items that can be had without waiting.
func (s *Select) Len() int {
	n := 0
	for _, m := range s.Members() {
		n += m.Len()
	}
	return n
}

// Remove takes src out. Not a member is an Error.
func (s *Select) Remove(src Source) error {
	s.membersMu.Lock()
	_, ok := s.members[src]
	delete(s.members, src)
	last := ok && len(s.members) == 0
	if len(s.order) > 2*len(s.members)+16 {
		s.tidyLocked()
	}
	s.membersMu.Unlock()
	if !ok {
		return errorf("Instance is not a member of this Select")
	}
	src.base().disown(s)
	if last {
		s.news.nudge(nil) // whoever waits for an item waits for nothing
	}
	return nil
}

// Close frees the members and wakes all waiters with a LatchError. The members of
// sub-selects stay theirs.
func (s *Select) Close() {
	for _, m := range s.Members() {
		_ = s.Remove(m)
	}
	s.news.end(true)
}

// ready is told by a member, on any goroutine, that it has one more item.
func (s *Select) ready(src Source) {
	if s.news.put(src) {
		s.posted()
	}
}

// Get waits for an item of any member. No members is an Error, a closed Select a
// LatchError, the end of ctx a TimeoutError or CancelledError.
func (s *Select) Get(ctx context.Context) (Event, error) {
	for {
		if s.Count() == 0 {
			s.news.nudge(nil) // another may have begun to wait since the last member went
			return Event{}, s.noMembers()
		}
		src, ok, err := s.news.get(ctx)
		if err != nil {
			return Event{}, waitError(err, "Select.get")
		}
		if !ok {
			return Event{}, selectClosed()
		}
		if ev, ok := s.accept(src); ok {
			return ev, nil
		}
	}
}

// TryGet is Get without waiting: nothing there is a TimeoutError.
func (s *Select) TryGet() (Event, error) {
	if s.Count() == 0 {
		return Event{}, s.noMembers()
	}
	if ev, ok, _ := s.poll(); ok {
		return ev, nil
	}
	return Event{}, value.Errorf(value.KindTimeout, "Select.get: nothing is there")
}

func selectClosed() error { return value.Errorf(value.KindLatch, "the Select has been closed") }

func (s *Select) noMembers() error {
	if s.closed() {
		return selectClosed()
	}
	return errorf("Cannot get(), Select instance is empty")
}

func (s *Select) closed() bool {
	s.news.mu.Lock()
	defer s.news.mu.Unlock()
	return s.news.ended
}

func (s *Select) poll() (Event, bool, bool) {
	for {
		src, ok := s.news.take()
		if !ok {
			return Event{}, false, false
		}
		if ev, ok := s.accept(src); ok {
			return ev, true, s.oneshot && s.Count() == 0
		}
	}
}

// accept takes the item that src said it has, if it is still there.
func (s *Select) accept(src Source) (Event, bool) {
	s.membersMu.Lock()
	_, member := s.members[src]
	s.membersMu.Unlock()
	if !member {
		return Event{}, false
	}
	ev, ok, drop := src.poll()
	if !ok {
		return Event{}, false
	}
	_, isSelect := src.(*Select)
	if drop || s.oneshot && !isSelect {
		_ = s.Remove(src) // another goroutine may have been faster
	}
	return ev, true
}
