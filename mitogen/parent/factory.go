package parent

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// DefaultConnectTimeout is how long a set-up may take.
const DefaultConnectTimeout = 30 * time.Second

// Method makes a transport from the parameters that a script gave to the context
// factory of its name ("ssh", "sudo").
type Method struct {
	// New reads opts; an unknown or bad one is an Error. ctx bounds look-ups.
	New func(ctx context.Context, f *Factory, opts *value.Dict) (transport.Transport, error)
	// Handshakes counts it among the set-ups that max_starts bounds.
	Handshakes bool
	// Watches says that its transport itself notices a far side that is gone.
	Watches bool
	// Asks: it asks for passwords itself, by Factory.Ask.
	Asks bool
	// Account is whose rights the context will have, for the question for a
	// password; nil for the parameter username.
	Account func(opts *value.Dict) string
}

// Options say how a Factory makes children.
type Options struct {
	Router *mitogen.Router
	// Build is this program's; a child of another build is refused.
	Build string
	// Methods are the ways to make a context, by name.
	Methods map[string]Method
	// Binaries are the programs that can be pushed.
	Binaries bootstrap.Source
	// ChildArgs are the arguments that make our program a child.
	ChildArgs []string
	// LogLevel is from where on children forward their records, as it is when they are
	// made; nil for INFO.
	LogLevel slog.Leveler
	// Script is the path of the main script.
	Script string
	// MaxStarts is how many handshakes run side by side; 0 for 10.
	MaxStarts int
	// Ask gets a password from a person, and returns when ctx ends; nil if there is
	// nobody.
	Ask func(ctx context.Context, prompt string) (string, error)
	// OnStep, if set, is told of each phase of a set-up when it has ended. Set-ups
	// side by side call it side by side; it returns at once.
	OnStep func(Step)
	// OnSetup, if set, is told of each set-up when it has ended, as OnStep is.
	OnSetup func(Setup)
	// KeepAlive is how often children are to be heard, where their transport does not
	// watch: the loss of one is noticed within three times as long. 0 for 15 s.
	KeepAlive time.Duration
	// Switches are those of this process, and of its children.
	Switches Switches
	// ProbeInterval is how often idle children hear that their parent is there; 0
	// for a third of the time after which they give it up.
	ProbeInterval time.Duration
}

// Factory creates contexts and ends them.
type Factory struct {
	opts   Options
	router *mitogen.Router
	forker *transport.Forker

	mu       sync.Mutex
	children map[uint32]*child
	closing  bool
	detached []int // processes that outlive this one, with what is below them
	probing  sync.Once
	setups   atomic.Uint64
	starts   chan struct{} // a place for each handshake that may run

	// Debug and Profiling are what later children are told.
	Debug, Profiling bool
}

// New returns a Factory whose children end with the router's broker.
func New(opts Options) *Factory {
	f := &Factory{opts: opts, router: opts.Router, children: map[uint32]*child{}}
	f.SetMaxStarts(opts.MaxStarts)
	if opts.ProbeInterval <= 0 {
		f.opts.ProbeInterval = orphanTimeout / 3
	}
	if opts.KeepAlive <= 0 {
		f.opts.KeepAlive = keepAlive
	}
	f.forker = &transport.Forker{Args: opts.ChildArgs}
	f.router.Broker().AtShutdown(f.shutdown)
	if err := f.router.ServeDetaching(f.onDetaching); err != nil {
		panic("parent: two factories on one router: " + err.Error())
	}
	return f
}

// Forker makes the children of fork.
func (f *Factory) Forker() *transport.Forker { return f.forker }

// ChildArgs are the arguments that make our program a child.
func (f *Factory) ChildArgs() []string { return f.opts.ChildArgs }

// Ask gets a password from a person; nil if there is nobody. The time of a
// set-up, whose ctx it is given, stands still meanwhile.
func (f *Factory) Ask() func(ctx context.Context, prompt string) (string, error) {
	if f.opts.Ask == nil {
		return nil
	}
	return func(ctx context.Context, prompt string) (string, error) {
		if d, ok := ctx.Value(deadlineKey{}).(*deadline); ok {
			d.timer.Stop()
			defer d.restart()
		}
		return f.opts.Ask(ctx, prompt)
	}
}

// Log is where the set-ups' records go.
func (f *Factory) Log() *slog.Logger { return f.router.Log() }

// SetMaxStarts changes how many handshakes may run side by side; 0 for 10.
func (f *Factory) SetMaxStarts(n int) {
	if n <= 0 {
		n = 10
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts = make(chan struct{}, n)
}

// MaxStarts is how many handshakes may run side by side.
func (f *Factory) MaxStarts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return cap(f.starts)
}

// connectHere makes a context that is a child of this one.
func (f *Factory) connectHere(ctx context.Context, name string, opts *value.Dict, steps *steps) (*mitogen.Context, error) {
	method, ok := f.opts.Methods[name]
	if !ok {
		return nil, value.Errorf(value.KindError, "there is no way to make a context called %q here", name)
	}
	common, rest, err := splitCommon(opts)
	if err != nil {
		return nil, err
	}
	ctx, stop := f.setupContext(ctx, common.timeout)
	defer stop.cancel()
	steps.name(common.name)
	if method.Handshakes {
		stop.timer.Stop()
		if steps.loggedIn, err = f.takeStart(ctx); err != nil {
			return nil, asSetupError(ctx, err)
		}
		stop.restart() // until now it has waited for others
	}
	phases := func(p transport.Phase, detail string) {
		if p == transport.PhaseImage {
			stop.restart() // more of it has come
		}
		steps.enter(p, detail)
	}
	c, err := f.connect(transport.WithPhases(ctx, phases), method, common, rest, stop, steps)
	if err != nil {
		err = steps.describe(err)
	}
	steps.end(err)
	return c, err
}

func (f *Factory) connect(ctx context.Context, m Method, common *common, rest *value.Dict, stop *deadline, steps *steps) (*mitogen.Context, error) {
	t, err := common.transport(ctx, f, m, rest)
	if err != nil {
		return nil, asSetupError(ctx, err)
	}
	s := &setup{f: f, t: t, common: common, stop: stop, handshakes: m.Handshakes}
	if !m.Watches {
		s.keepAlive = f.opts.KeepAlive
	}
	steps.name(s.title())
	c, err := s.run(ctx)
	if err != nil {
		return nil, s.named(s.late(asSetupError(ctx, err)))
	}
	return c, nil
}

// asSetupError makes the end of a set-up's context the error that people see.
func asSetupError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return value.AsError(cause)
	}
	return setupToo(value.AsError(err))
}

// setupToo makes e a StreamError too, unless it is of misuse or of being cancelled.
func setupToo(e *value.Error) *value.Error {
	if e.IsA(value.KindStream) || e.IsA(value.KindCancelled) || e.Kind == value.KindValue || e.Kind == value.KindError {
		return e
	}
	c := *e
	c.Also = append([]value.Kind{value.KindStream}, e.Also...)
	return &c
}

// takeStart waits for a place among the handshakes.
func (f *Factory) takeStart(ctx context.Context) (release func(), err error) {
	f.mu.Lock()
	starts := f.starts
	f.mu.Unlock()
	select {
	case starts <- struct{}{}:
		return sync.OnceFunc(func() { <-starts }), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// deadline is the timer of a set-up: it starts again while a binary moves, and
// stands still while it waits for its turn or for a person.
type deadline struct {
	timer  *time.Timer
	after  time.Duration
	cancel func()
}

// deadlineKey is what a set-up's context has its deadline by.
type deadlineKey struct{}

// restart gives the set-up its whole time again.
func (d *deadline) restart() { d.timer.Reset(d.after) }

func (f *Factory) setupContext(ctx context.Context, after time.Duration) (context.Context, *deadline) {
	ctx, cancel := context.WithCancelCause(ctx)
	untie := context.AfterFunc(f.router.Broker().Context(), func() {
		cancel(&value.Error{
			Kind: value.KindCancelled, Message: "Connection cancelled because the associated Broker began to shut down.",
		})
	})
	d := &deadline{after: after}
	d.timer = time.AfterFunc(after, func() {
		cancel(&value.Error{
			Kind: value.KindTimeout, Also: []value.Kind{value.KindStream},
			Message: fmt.Sprintf("Connection timed out after %s.", after),
		})
	})
	d.cancel = func() { d.timer.Stop(); untie(); cancel(nil) }
	return context.WithValue(ctx, deadlineKey{}, d), d
}

// connectVia has another context make the context.
func (f *Factory) connectVia(ctx context.Context, via *mitogen.Context, name string, opts *value.Dict, steps *steps) (*mitogen.Context, error) {
	start := time.Now()
	v, err := via.CallService(ctx, "connect", value.List{name, opts})
	if err != nil {
		e, told := cutTold(value.AsError(err))
		if e.IsA(value.KindStream) {
			e.Message = "error occurred on host " + via.Name() + ": " + e.Message
		}
		steps.name(e.Context)
		steps.retell(start, told, e)
		return nil, setupToo(e)
	}
	answer, _ := v.(value.List)
	if len(answer) == 3 {
		n, ok := answer[0].(int64)
		childName, ok2 := answer[1].(string)
		if ok && ok2 && n > 0 && n <= 1<<32-1 {
			c := f.router.ContextByID(uint32(n), childName)
			select {
			case <-c.Gone():
				return nil, value.Errorf(value.KindStream, "context %s was lost as soon as it was made", childName)
			default:
			}
			c.Via = via
			steps.name(childName)
			told, _ := answer[2].(value.List)
			steps.retell(start, told, nil)
			f.router.Signals.Fire("new_context", c)
			return c, nil
		}
	}
	return nil, value.Errorf(value.KindStream, "context %s gave a malformed answer to connect", via.Name())
}

// Services are those that other contexts ask of a Factory.
func (f *Factory) Services() map[string]mitogen.Service {
	services := f.ProgramServices()
	services["connect"] = mitogen.Service{Policy: mitogen.FromParents, Func: f.serveConnect}
	services["kill"] = mitogen.Service{Policy: mitogen.FromParents, Func: f.serveKill}
	return services
}

func (f *Factory) serveConnect(ctx context.Context, _ *mitogen.Message, arg value.Value) (value.Value, error) {
	req, _ := arg.(value.List)
	if len(req) != 2 {
		return nil, value.Errorf(value.KindError, "malformed request to connect")
	}
	name, _ := req[0].(string)
	opts, ok := req[1].(*value.Dict)
	if !ok {
		return nil, value.Errorf(value.KindError, "malformed request to connect")
	}
	told := &collector{start: time.Now()}
	c, err := f.Connect(WithSteps(ctx, told.add), nil, name, opts)
	if err != nil {
		return nil, value.AsError(err).With(toldAttr, told.list())
	}
	return value.List{int64(c.ID()), c.Name(), told.list()}, nil
}

// RemoteName is the default of what the process list of a target shows:
// USER@HOST:PID of this process.
func RemoteName() string {
	name, host := "unknown", "localhost"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return plain(fmt.Sprintf("%s@%s:%d", name, host, os.Getpid()))
}

// plain keeps what needs no quoting in any shell.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_.,:=@%+", r):
			return r
		}
		return '_'
	}, s)
}

func (f *Factory) logLevel() slog.Level {
	if f.opts.LogLevel == nil {
		return slog.LevelInfo
	}
	return f.opts.LogLevel.Level()
}
