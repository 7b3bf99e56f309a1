package mitogen

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Broker owns the goroutines of its routers, and their orderly end.
type Broker struct {
	// ShutdownTimeout is how long Shutdown waits for orderly ends: 5 s in a master,
	// 3 s in children. Set it before Shutdown.
	ShutdownTimeout time.Duration
	// Signals fires "before_shutdown", "shutdown" and "exit".
	Signals Signals

	log    *slog.Logger
	once   sync.Once
	ctx    context.Context
	cancel context.CancelCauseFunc
	gone   chan struct{}
	closed chan struct{}
	queue  queue[func()]

	mu      sync.Mutex // guards all that follows
	routers []*Router
	enders  []func(context.Context)
	closing bool           // the streams of the routers are being closed
	wg      sync.WaitGroup // of the goroutines; added to under mu, not once over is set
	over    bool
}

// NewBroker returns a Broker with a goroutine for deferred functions. log may be
// nil for slog's default.
func NewBroker(log *slog.Logger) *Broker {
	if log == nil {
		log = slog.Default()
	}
	b := &Broker{ShutdownTimeout: 5 * time.Second, log: log, gone: make(chan struct{}), closed: make(chan struct{})}
	b.ctx, b.cancel = context.WithCancelCause(context.Background())
	b.run(b.runDeferred)
	return b
}

// Context is cancelled when Shutdown begins.
func (b *Broker) Context() context.Context { return b.ctx }

// run starts a goroutine that Join waits for. It reports false, and starts none,
// once the end has come so far that only Join is left.
func (b *Broker) run(fn func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return false
	}
	b.wg.Go(fn)
	return true
}

func (b *Broker) runDeferred() {
	for {
		fn, ok, _ := b.queue.get(context.Background())
		if !ok {
			return
		}
		fn()
	}
}

// Defer runs fn on the broker's goroutine, after what was deferred before. Once
// the broker has exited it is an Error.
func (b *Broker) Defer(fn func()) error {
	if !b.queue.put(fn) {
		return errorf("An attempt was made to enqueue a message with a Broker that has already exitted")
	}
	return nil
}

// DeferSync is Defer, and waits for the value that fn returns.
func (b *Broker) DeferSync(fn func() (value.Value, error)) (value.Value, error) {
	var v value.Value
	var err error
	done := make(chan struct{})
	if derr := b.Defer(func() { defer close(done); v, err = fn() }); derr != nil {
		return nil, derr
	}
	<-done
	return v, err
}

// AtShutdown adds a step of Shutdown, run (last added first) before streams are
// closed; ctx ends when ShutdownTimeout is over.
func (b *Broker) AtShutdown(fn func(ctx context.Context)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.enders = append(b.enders, fn)
}

// Shutdown begins the orderly end and returns at once. It may be called often.
func (b *Broker) Shutdown() {
	b.once.Do(func() {
		b.cancel(value.Errorf(value.KindCancelled,
			"cancelled because the associated Broker began to shut down"))
		go b.end()
	})
}

// Join waits until all streams are closed and all goroutines of the broker have ended.
func (b *Broker) Join() { <-b.gone }

// Go runs fn on a goroutine that Join waits for; it must end soon after Context.
// It reports false, and runs nothing, once the broker has come to its end.
func (b *Broker) Go(fn func()) bool { return b.run(fn) }

// Closed is closed when Shutdown has closed all streams: what was sent before is on
// its way. Goroutines, as that of a call, may still run.
func (b *Broker) Closed() <-chan struct{} { return b.closed }

// Gone is closed when Join would return.
func (b *Broker) Gone() <-chan struct{} { return b.gone }

func (b *Broker) end() {
	ctx, cancel := context.WithTimeout(context.Background(), b.ShutdownTimeout)
	defer cancel()
	b.Signals.Fire("before_shutdown", b)
	b.Signals.Fire("shutdown", b)
	b.mu.Lock()
	enders := b.enders
	b.mu.Unlock()
	for i := len(enders) - 1; i >= 0; i-- {
		enders[i](ctx)
	}
	b.mu.Lock()
	b.closing = true
	routers := b.routers
	b.mu.Unlock()
	for _, r := range routers {
		r.closeStreams(ctx)
	}
	close(b.closed)
	for _, r := range routers {
		r.failHandlers(reasonBrokerExit)
	}
	b.queue.end(false)
	b.mu.Lock()
	b.over = true
	b.mu.Unlock()
	b.wg.Wait()
	b.Signals.Fire("exit", b)
	close(b.gone)
}
