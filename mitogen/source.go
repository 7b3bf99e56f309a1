package mitogen

import "sync"

// Source is what a Select can wait for: *Receiver, *Channel, *Latch, *Select.
type Source interface {
	// Len is the number of items that can be had without waiting.
	Len() int
	// View returns what make made when it was called first.
	View(make func() any) any
	base() *source
	// poll takes an item without waiting. drop says that the source is at its end.
	poll() (ev Event, ok, drop bool)
}

// Event is an item and the leaf that it came from: a *Message of a Receiver or
// Channel, the value put of a Latch.
type Event struct {
	Source Source
	Data   any
}

// source is what every Source has: the Select that owns it, and a function to
// notify. Only one of them at a time.
type source struct {
	mu     sync.Mutex
	owner  *Select
	self   Source // as the owner knows it: a Channel, not its Receiver
	notify func()
	view   any
}

func (s *source) base() *source { return s }

// SetNotify makes fn called, on the goroutine that adds an item, after each item.
// It must return at once; nil ends it. A source that a Select owns is an Error.
func (s *source) SetNotify(fn func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner != nil && fn != nil {
		return errorf("cannot set notify: the source is owned by a Select")
	}
	s.notify = fn
	return nil
}

// View returns what make made when it was called first: how somebody else shows
// the source, for as long as the source lives.
func (s *source) View(make func() any) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.view == nil {
		s.view = make()
	}
	return s.view
}

// Owned reports whether a Select owns the source.
func (s *source) Owned() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.owner != nil
}

// posted tells whoever listens that there is one more item.
func (s *source) posted() {
	s.mu.Lock()
	owner, self, notify := s.owner, s.self, s.notify
	s.mu.Unlock()
	if owner != nil {
		owner.ready(self)
	}
	if notify != nil {
		notify()
	}
}

func (s *source) own(sel *Select, self Source) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner != nil || s.notify != nil {
		return errorf("Cannot add: Receiver is already owned by another Select")
	}
	s.owner, s.self = sel, self
	return nil
}

func (s *source) disown(sel *Select) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner == sel {
		s.owner, s.self = nil, nil
	}
}
