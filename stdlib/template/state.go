package template

import (
	"context"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Limits of one rendering.
const (
	maxOutput = 64 << 20 // bytes, of the result and of every text on the way
	maxItems  = 10_000_000
	maxSteps  = 3_000_000 // statements and calls
	maxCalls  = 100       // macros and includes inside each other
	maxRange  = 1_000_000
)

// scope is the names of one part of a template.
type scope struct {
	parent *scope
	names  map[string]value.Value
}

func (c *scope) get(name string) (value.Value, bool) {
	for ; c != nil; c = c.parent {
		if v, ok := c.names[name]; ok {
			return v, true
		}
	}
	return nil, false
}

func (c *scope) set(name string, v value.Value) {
	if c.names == nil {
		c.names = map[string]value.Value{}
	}
	c.names[name] = v
}

// run is what is common to one rendering.
type run struct {
	ctx    context.Context
	lib    *library
	load   func(path string) (*parsed, error) // nil: no includes
	steps  int
	calls  int
	size   int
	secret bool // a Secret was opened
}

// state is where a rendering is.
type state struct {
	*run
	scope    *scope
	out      *strings.Builder
	template *parsed
	family   *family
}

// inner is s with a scope of its own.
func (s *state) inner() *state {
	c := *s
	c.scope = &scope{parent: s.scope}
	return &c
}

// capture runs statements and gives what they write.
func (s *state) capture(body []stmt) (string, error) {
	c := *s
	c.out = &strings.Builder{}
	before := s.size
	err := c.exec(body)
	s.size = before // it counts when it is written
	return c.out.String(), err
}

func (s *state) write(text string) error {
	if s.size += len(text); s.size > maxOutput {
		return fail("the result is longer than %d MiB", maxOutput>>20)
	}
	s.out.WriteString(text)
	return nil
}

// step counts the work done.
func (s *state) step() error {
	if s.steps++; s.steps > maxSteps {
		return fail("it takes more than %d steps", maxSteps)
	}
	if s.steps%1024 == 0 {
		return s.ctx.Err()
	}
	return nil
}

// enter guards what recurses; it is undone by leave.
func (s *state) enter() error {
	if s.calls++; s.calls > maxCalls {
		return fail("macros and includes are nested deeper than %d levels", maxCalls)
	}
	return nil
}

func (s *state) leave() { s.calls-- }

func (s *state) exec(body []stmt) error {
	for _, st := range body {
		if err := s.step(); err != nil {
			return place(err, s.template.name, st.at())
		}
		if err := st.exec(s); err != nil {
			return place(err, s.template.name, st.at())
		}
	}
	return nil
}
