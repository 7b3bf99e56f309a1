package parent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Step is a phase of the set-up of a context, after its end.
type Step struct {
	// Setup is the number of the set-up, from 1.
	Setup uint64
	// Context is the context's name; one that holds a process id has "%d" there.
	Context string
	// Method is the factory's name: "ssh".
	Method string
	Phase  transport.Phase
	// Detail is for people: the address, what the cache answered. "" for nothing.
	Detail string
	Start  time.Time
	Took   time.Duration
	// Err is why the set-up failed, in the phase in which it did.
	Err error
}

// steps follows one set-up through its phases.
type steps struct {
	f      *Factory
	ctx    context.Context // of the set-up, for who wants to hear of it
	method string
	number uint64

	mu       sync.Mutex
	context  string
	now      Step   // the phase that it is in; the zero Step before the first
	loggedIn func() // gives the place among the handshakes back; nil if there is none
	over     bool
}

// name says what the context will be called, unless that is known.
func (s *steps) name(title string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.context = cmp.Or(s.context, title)
}

// title is what the context is called.
func (s *steps) title() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.context
}

// enter ends the phase before, and begins p; the same phase again adds a detail.
func (s *steps) enter(p transport.Phase, detail string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over:
	case p == s.now.Phase:
		s.now.Detail = cmp.Or(detail, s.now.Detail)
	default:
		s.leaveLocked(nil)
		s.now = Step{Phase: p, Detail: detail, Start: time.Now()}
	}
	if afterLogin(p) {
		s.releaseLocked()
	}
}

// afterLogin reports whether the handshake with a server is over: what follows is
// work on the target, of which any number may be done side by side.
func afterLogin(p transport.Phase) bool {
	switch p {
	case transport.PhaseShell, transport.PhaseCache, transport.PhasePush, transport.PhaseStart:
		return true
	}
	return false
}

func (s *steps) releaseLocked() {
	if s.loggedIn != nil {
		s.loggedIn()
		s.loggedIn = nil
	}
}

func (s *steps) leaveLocked(err error) {
	if s.now.Phase == "" {
		return
	}
	step := s.now
	step.Setup, step.Context, step.Method, step.Took, step.Err = s.number, s.context, s.method, time.Since(step.Start), err
	if err != nil { // which knows better: a tool asks for a password in what we call its shell
		step.Phase = cmp.Or(phaseOf(value.AsError(err)), step.Phase)
	}
	attrs := []any{"context", step.Context, "phase", string(step.Phase), "took", step.Took.Round(10 * time.Microsecond)}
	if step.Detail != "" {
		attrs = append(attrs, "detail", step.Detail)
	}
	if err != nil {
		attrs = append(attrs, "failed", err)
	}
	s.f.Log().Debug("phase", attrs...)
	s.f.tell(s.ctx, step)
}

// end ends the last phase.
func (s *steps) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaveLocked(err)
	s.releaseLocked()
	s.over = true
}

// describe says in which phase a set-up failed, where the error does not. A
// timeout says it in its text, and of which context: it is all that there is to say.
func (s *steps) describe(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := value.AsError(err)
	if s.now.Phase == "" || !e.IsA(value.KindStream) {
		return err
	}
	if e.IsA(value.KindTimeout) && !has(e, "phase") {
		c := *e
		c.Message = fmt.Sprintf("%s: %s It hung in the phase %q%s.", s.context, e.Message, s.now.Phase, about(s.now.Detail))
		c.Context = cmp.Or(e.Context, s.context)
		e = &c
	}
	if hint := transport.Hint(s.now.Phase); hint != "" && s.method == "ssh" && !has(e, "hint") {
		e = e.With("hint", hint)
	}
	for i, a := range e.Attrs {
		if a.Name != "phase" {
			continue
		}
		if a.Value == string(transport.PhaseShell) { // who waits for a first stage's answer knows no better
			c := *e
			c.Attrs = slices.Clone(e.Attrs)
			c.Attrs[i].Value = string(s.now.Phase)
			e = &c
		}
		return e
	}
	return e.With("phase", string(s.now.Phase))
}

// phaseOf is the phase that an error names, "" for none.
func phaseOf(e *value.Error) transport.Phase {
	for _, a := range e.Attrs {
		if text, ok := a.Value.(string); ok && a.Name == "phase" {
			return transport.Phase(text)
		}
	}
	return ""
}

func has(e *value.Error, attr string) bool {
	return slices.ContainsFunc(e.Attrs, func(a value.Field) bool { return a.Name == attr })
}

func about(detail string) string {
	if detail == "" {
		return ""
	}
	return " (" + detail + ")"
}
