package mito

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Connector creates and ends contexts.
type Connector interface {
	// Connect starts a child by method: "local", "fork", "ssh", "sudo", "su", "doas",
	// "docker", "podman", "buildah", "kubectl", "lxc", "lxd", "incus" or "jail". opts
	// has the parameters that were given, by the names that scripts use. The child is
	// made from via if that is not nil.
	Connect(ctx context.Context, via *mitogen.Context, method string, opts *value.Dict) (*mitogen.Context, error)
	// Shutdown ends a context in order, and kills it after the grace. With wait it
	// returns when the context is gone. One that is gone already is no error.
	Shutdown(ctx context.Context, c *mitogen.Context, wait bool) error
}

// StartLimiter is a Connector that limits how many set-ups run at a time.
type StartLimiter interface {
	MaxStarts() int
	SetMaxStarts(n int)
}

// LogFile is what mitogen.utils.log_to_file was asked for.
type LogFile struct {
	Path     string // "" for stderr
	IO, Usec bool
	Level    string
}

// Options say what a Runtime is made of. Host and Router are required.
type Options struct {
	Host   *interp.Host
	Router *mitogen.Router
	// Connector makes children; without one the factories are Errors.
	Connector Connector
	// Args and Script are the script's arguments and path.
	Args   []string
	Script string
	// Version is the program's.
	Version string
	// Log receives what goes wrong in callbacks; nil for the Router's.
	Log *slog.Logger
	// NewRouter makes a further Router on b (nil for a Broker of its own), which
	// uses resolve as its Options.Resolve; without it there is only one.
	NewRouter func(b *mitogen.Broker, resolve func(value.Value) (value.Value, error)) (*mitogen.Router, Connector, error)
	// ListenUnix lets other programs join r's tree at the socket path ("": a new one),
	// which is returned; nil if they cannot.
	ListenUnix func(r *mitogen.Router, path string) (string, error)
	// JoinUnix makes a Router on b, with resolve as NewRouter has it, that is part of
	// the tree of who listens at path: the Context returned. Nil if it cannot.
	JoinUnix func(ctx context.Context, b *mitogen.Broker, path string,
		resolve func(value.Value) (value.Value, error)) (*mitogen.Context, Connector, error)
	// FakeSSH runs a program that uses ssh, and returns its exit status; nil if it cannot.
	FakeSSH func(ctx context.Context, o FakeSSH) (int, error)
	// LogTo redirects the log.
	LogTo func(LogFile) error
	// EnableDebug makes this process and its later descendants write debug logs.
	EnableDebug func() error
	// StartProfile makes this process write a profile of itself when it ends. It may
	// be called again.
	StartProfile func() error
	// DisableSitePackages drops every folder of modules but the script's own.
	DisableSitePackages func()
	// Bar gives what shows the progress of a copy with this title, and what is called
	// at its end; nil for nobody.
	Bar func(title string) (report func(done, total int64), end func())
	// Detach makes the context outlive its link; it may wait.
	Detach func(ctx context.Context) error
}

// Runtime is what scripts of one process have of package mitogen.
type Runtime struct {
	opts    Options
	host    *interp.Host
	log     *slog.Logger
	classes *classes
	main    *routerObject // of Options.Router

	// ctx is that of callbacks and spawned functions; it ends with Finish. Callbacks
	// that the end itself brings about have last, which ends after it.
	ctx, last  context.Context
	cancel     context.CancelCauseFunc
	cancelLast context.CancelCauseFunc
	ending     atomic.Bool
	tasks      group
	// interrupted is closed when the process was asked to end.
	interrupted chan struct{}
	interrupt   sync.Once

	chains   atomic.Uint64 // CallChains made
	unopened atomic.Int64  // functions that arrived and were not revived

	mu      sync.Mutex
	routers map[*mitogen.Router]*routerObject
	brokers map[*mitogen.Broker]*brokerObject

	// guarded by the script lock
	mainFunc  interp.Callable
	atExit    []interp.Callable
	listeners []*listener
	sending   *mitogen.Router // whose contexts may be encoded; nil for any
}

// New returns the Runtime of a process, and makes references bound in its Host.
func New(opts Options) *Runtime {
	rt := &Runtime{
		opts: opts, host: opts.Host, log: opts.Log, classes: newClasses(),
		interrupted: make(chan struct{}),
		routers:     map[*mitogen.Router]*routerObject{}, brokers: map[*mitogen.Broker]*brokerObject{},
	}
	if rt.log == nil {
		rt.log = opts.Router.Log()
	}
	rt.ctx, rt.cancel = context.WithCancelCause(context.Background())
	rt.last, rt.cancelLast = context.WithCancelCause(context.Background())
	rt.main = rt.addRouter(opts.Router, opts.Connector)
	rt.host.Bind = rt.bind
	return rt
}

func (rt *Runtime) addRouter(r *mitogen.Router, c Connector) *routerObject {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	return rt.addRouterLocked(r, c)
}

func (rt *Runtime) addRouterLocked(r *mitogen.Router, c Connector) *routerObject {
	ro := &routerObject{rt: rt, r: r, connector: c}
	rt.routers[r] = ro
	return ro
}

// router is the object of r: always the same one.
func (rt *Runtime) router(r *mitogen.Router) *routerObject {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if ro := rt.routers[r]; ro != nil {
		return ro
	}
	return rt.addRouterLocked(r, nil)
}

func (rt *Runtime) broker(b *mitogen.Broker) *brokerObject {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	bo := rt.brokers[b]
	if bo == nil {
		bo = &brokerObject{rt: rt, b: b}
		bo.deferred.rt = rt
		rt.brokers[b] = bo
	}
	return bo
}

// drop forgets a temporary router.
func (rt *Runtime) drop(ro *routerObject) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	delete(rt.routers, ro.r)
	delete(rt.brokers, ro.r.Broker())
}

// sendingBy makes contexts and senders of other routers than r errors, wherever they
// are in what is encoded, until the function returned is called. The script lock is held.
func (rt *Runtime) sendingBy(r *mitogen.Router) func() {
	before := rt.sending
	rt.sending = r
	return func() { rt.sending = before }
}

// mayTravel refuses what belongs to another router than the one that sends.
func (rt *Runtime) mayTravel(c *mitogen.Context, what string) error {
	if rt.sending != nil && c.Router() != rt.sending {
		return value.Errorf(value.KindError, "%s belongs to another router", what)
	}
	return nil
}

// Context is the script object of c; nil gives nil.
func (rt *Runtime) Context(c *mitogen.Context) value.Value {
	if c == nil {
		return nil
	}
	return &contextObject{rt: rt, c: c}
}

// view is the object of a source: always the same one.
func (rt *Runtime) view(src mitogen.Source) interp.Object {
	if src == nil {
		return nil
	}
	return src.View(func() any {
		switch src := src.(type) {
		case *mitogen.Channel:
			return &channelObject{receiverObject{rt: rt, rv: src.Receiver}, src}
		case *mitogen.Receiver:
			return &receiverObject{rt: rt, rv: src}
		case *mitogen.Latch:
			return &latchObject{rt: rt, l: src}
		case *mitogen.Select:
			return &selectObject{rt: rt, s: src}
		}
		panic("mito: unknown source")
	}).(interp.Object)
}

// bind serves Host.Bind: captured references become objects.
func (rt *Runtime) bind(ref value.Value) (interp.Object, bool) {
	r := rt.opts.Router
	switch ref := ref.(type) {
	case value.ContextRef:
		return &contextObject{rt: rt, c: r.ContextByID(ref.ID, ref.Name)}, true
	case value.SenderRef:
		return &senderObject{rt: rt, s: mitogen.NewSenderTo(r, ref)}, true
	}
	return nil, false
}
