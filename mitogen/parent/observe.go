package parent

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Setup is the making of a context, after its end.
type Setup struct {
	// Number is that which its Steps have.
	Number uint64
	// Context is the context's name, Method the factory's: "ssh".
	Context, Method string
	// Via is the context that made it; nil if this one did.
	Via   *mitogen.Context
	Start time.Time
	Took  time.Duration
	// Made is the context, Err why there is none.
	Made *mitogen.Context
	Err  error
}

type stepsKey struct{}

// WithSteps gives a context for set-ups: fn is told of their phases, as Options.OnStep
// is, and besides it.
func WithSteps(ctx context.Context, fn func(Step)) context.Context {
	return context.WithValue(ctx, stepsKey{}, fn)
}

// tell hands a step to those who want to hear of it.
func (f *Factory) tell(ctx context.Context, s Step) {
	if f.opts.OnStep != nil {
		f.opts.OnStep(s)
	}
	if fn, ok := ctx.Value(stepsKey{}).(func(Step)); ok {
		fn(s)
	}
}

// connectOnce is Connect without questions.
func (f *Factory) connectOnce(ctx context.Context, via *mitogen.Context, name string, opts *value.Dict) (*mitogen.Context, error) {
	s := &steps{f: f, ctx: ctx, method: name, number: f.setups.Add(1)}
	start := time.Now()
	var c *mitogen.Context
	var err error
	if via == nil || via.ID() == f.router.ID() {
		via = nil
		c, err = f.connectHere(ctx, name, opts, s)
	} else {
		s.context = text(opts, "name")
		c, err = f.connectVia(ctx, via, name, opts, s)
	}
	if f.opts.OnSetup != nil {
		f.opts.OnSetup(Setup{
			Number: s.number, Context: s.title(), Method: name, Via: via, Start: start, Took: time.Since(start), Made: c, Err: err,
		})
	}
	return c, err
}

// The bounds of what another context tells of the phases of a set-up that it made.
const (
	maxTold       = 64  // phases
	maxToldDetail = 200 // bytes of a text
)

// collector keeps the steps of a set-up that is made for another context.
type collector struct {
	start time.Time

	mu    sync.Mutex
	steps value.List // of [phase, detail, start, took], the start since that of the collector; guarded by mu
}

func (c *collector) add(s Step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.steps) < maxTold {
		detail := strings.ToValidUTF8(s.Detail[:min(len(s.Detail), maxToldDetail-3)], "?")
		c.steps = append(c.steps, value.List{string(s.Phase), detail, s.Start.Sub(c.start), s.Took})
	}
}

func (c *collector) list() value.List {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.steps)
}

// toldAttr is the attribute by which the error of a set-up takes its phases along to
// the context that asked for it.
const toldAttr = "steps"

// cutTold takes the phases out of an error.
func cutTold(e *value.Error) (rest *value.Error, told value.List) {
	c := *e
	c.Attrs = nil
	for _, a := range e.Attrs {
		if a.Name == toldAttr {
			told, _ = a.Value.(value.List)
			continue
		}
		c.Attrs = append(c.Attrs, a)
	}
	return &c, told
}

// retell tells of the phases that another context went through between start and now, in
// the last of which it failed, if it did. Its clock is not ours: the last of them ended
// when its answer came, at the latest.
func (s *steps) retell(start time.Time, told value.List, failure error) {
	whole := time.Since(start)
	told = told[:min(len(told), maxTold)]
	for i, v := range told {
		parts, _ := v.(value.List)
		if len(parts) != 4 {
			return
		}
		phase, ok1 := parts[0].(string)
		detail, ok2 := parts[1].(string)
		at, ok3 := parts[2].(time.Duration)
		took, ok4 := parts[3].(time.Duration)
		if !ok1 || !ok2 || !ok3 || !ok4 || len(phase) > maxToldDetail || len(detail) > maxToldDetail {
			return
		}
		at = min(max(at, 0), whole)
		step := Step{
			Setup: s.number, Context: s.title(), Method: s.method, Phase: transport.Phase(phase), Detail: detail,
			Start: start.Add(at), Took: min(max(took, 0), whole-at),
		}
		if i == len(told)-1 {
			step.Err = failure
		}
		s.f.tell(s.ctx, step)
	}
}
