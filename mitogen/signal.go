package mitogen

import (
	"sync"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Listener hears a signal; arg is what the signal concerns (a *Context, a *Broker).
type Listener func(arg any)

// ListenerID names a registration for Unlisten.
type ListenerID uint64

// Signals is a set of listeners by name of signal. The zero value is ready.
type Signals struct {
	mu   sync.Mutex
	last ListenerID
	fns  map[string][]registration
}

type registration struct {
	id ListenerID
	fn Listener
}

// Listen calls fn at each Fire of the signal, in order of registration, on the
// goroutine that fires: fn must return at once.
func (s *Signals) Listen(signal string, fn Listener) ListenerID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fns == nil {
		s.fns = map[string][]registration{}
	}
	s.last++
	s.fns[signal] = append(s.fns[signal], registration{s.last, fn})
	return s.last
}

// Unlisten ends a registration; an unknown one is a ValueError.
func (s *Signals) Unlisten(signal string, id ListenerID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, reg := range s.fns[signal] {
		if reg.id == id {
			s.fns[signal] = append(append([]registration(nil), s.fns[signal][:i]...), s.fns[signal][i+1:]...)
			return nil
		}
	}
	return value.Errorf(value.KindValue, "no such listener of signal %q", signal)
}

// Fire calls the listeners of signal.
func (s *Signals) Fire(signal string, arg any) {
	s.mu.Lock()
	regs := s.fns[signal]
	s.mu.Unlock()
	for _, reg := range regs {
		reg.fn(arg)
	}
}
