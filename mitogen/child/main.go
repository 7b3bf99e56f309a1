package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

const (
	// shutdownTimeout is the grace of SHUTDOWN.
	shutdownTimeout = 3 * time.Second
	// lostGrace is how long a child may live once its parent is lost.
	lostGrace = 700 * time.Millisecond
	// endGrace is how long the steps of AtEnd may hold up an exit.
	endGrace = 200 * time.Millisecond
	// cacheAge is how long a program stays in a cache unused.
	cacheAge = 30 * 24 * time.Hour
)

// Options say what a child program is.
type Options struct {
	// Build is this program's.
	Build string
	// Args follow the argument that makes it a child: a nonce and a title after a
	// first stage, room for a title when the parent started it itself.
	Args []string
	// Resolve is that of mitogen.Options.
	Resolve func(v value.Value) (value.Value, error)
	// Setup builds what the context consists of, before the parent is answered.
	Setup func(p *Process) error
}

// Process is a running child.
type Process struct {
	Config *parent.Config
	Router *mitogen.Router
	// Stdout and Stderr take what scripts print: whole lines become log records at once.
	Stdout, Stderr io.Writer
	// Server runs the calls; Setup fills in its Dispatcher and Lock.
	Server *mitogen.Server
	// AtEnd are run when the context ends, in whatever way but SIGKILL; they must
	// be quick. Setup adds to them.
	AtEnd []func()
	// Detached gives the sessions below that are to outlive the context; nil for none.
	Detached func() []int
	// Idle reports whether no script code runs that was not called, nor will; nil for
	// always.
	Idle func() bool

	// Interrupt is called when the parent wants the context to end; Finish after that,
	// once no call runs: what it prints is logged if it ends before ctx does. Either
	// may be nil.
	Interrupt func()
	Finish    func(ctx context.Context)

	stdio   *stdio
	printed [2]*lineLog // behind Stdout and Stderr
	endOnce sync.Once
	frames  mitogen.FrameLog
	debug   DebugLog
	profile Profile
}

// Main runs a child and returns the exit status.
func Main(opts Options) int {
	heedNone()
	if err := start(opts); err != nil {
		fmt.Fprintf(os.Stderr, "mitoscript: child: %v\n", err)
		return 1
	}
	return 0
}

// heedNone keeps signals that are meant for the master from ending a child. They
// are caught, not ignored: what is ignored would be so in the programs that
// scripts start too.
func heedNone() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGTSTP)
}

func start(opts Options) error {
	clean, err := settle(opts.Args)
	if err != nil {
		return err
	}
	data, err := wire.ReadPreamble(os.Stdin, wire.ConfigMagic)
	if errors.Is(err, io.EOF) {
		return nil // a spare that was not needed
	}
	if err != nil {
		return fmt.Errorf("cannot read the configuration: %w", err)
	}
	cfg, err := parent.DecodeConfig(data)
	if err != nil {
		return refuse(opts, err)
	}
	if cfg.Build != opts.Build {
		return refuse(opts, fmt.Errorf("the parent is mitoscript %s, this one is %s: both must be the same build", cfg.Build, opts.Build))
	}
	setTitle("mitoscript:" + cfg.RemoteName)
	return run(opts, cfg, clean)
}

// settle says that the program is up, if a first stage started it.
func settle(args []string) (clean func(), err error) {
	if len(args) < 2 {
		return func() {}, nil
	}
	dir, name, err := bootstrap.Settle(os.Args[0])
	if err != nil {
		_, werr := os.Stdout.WriteString(bootstrap.ErrLine(args[0], err.Error()))
		return nil, errors.Join(err, werr)
	}
	if _, err := os.Stdout.WriteString(bootstrap.UpLine(args[0])); err != nil {
		return nil, err
	}
	if name == "" {
		return func() {}, nil
	}
	return func() { _ = bootstrap.CleanOld(dir, name, cacheAge) }, nil // a cache that cannot be cleaned still works
}

// refuse tells the parent why there will be no context.
func refuse(opts Options, why error) error {
	data, err := (&parent.Ready{Build: opts.Build, Error: why.Error()}).Encode()
	if err == nil {
		_, err = os.Stdout.Write(wire.AppendPreamble(nil, wire.ReadyMagic, data))
	}
	return errors.Join(why, err)
}

func run(opts Options, cfg *parent.Config, clean func()) error {
	_, _ = syscall.Setsid() // it may lead its session already
	adoptOrphans()
	keepCrashes()
	link, stdio, err := moveLink(cfg.Bulk)
	if err != nil {
		return refuse(opts, fmt.Errorf("cannot move the link: %w", err))
	}
	p := newProcess(cfg, stdio, opts.Resolve)
	if err := opts.Setup(p); err != nil {
		return err
	}
	unobserved := p.observe() // before the first frame
	if err := p.answer(link, opts.Build); err != nil {
		return err
	}
	if err := p.serve(link); err != nil {
		return err
	}
	if err := p.Router.Broker().Defer(clean); err != nil {
		return err
	}
	if unobserved != nil {
		p.Router.Log().Warn(unobserved.Error())
	}
	p.watchParent()
	p.beat()
	p.rest()
	p.heedTerm()
	<-p.Router.Broker().Closed()
	select { // a call that hangs holds nobody up: there is no link any more
	case <-p.Router.Broker().Gone():
	case <-time.After(lostGrace):
	}
	p.end()
	return nil
}

// observe does what the configuration asks for; a context that cannot works without.
func (p *Process) observe() (err error) {
	if p.Config.Debug {
		err = p.EnableDebug()
	}
	if p.Config.Profiling || p.Config.Switches.Profile != "" {
		err = errors.Join(err, p.StartProfile())
	}
	if dir := p.Config.Switches.Trace; dir != "" {
		err = errors.Join(err, TraceFrames(dir, p.Config.Name, &p.frames))
	}
	WatchStacks(p.Config.Switches.Stacks, p.Router.State)
	return err
}

// EnableDebug writes all log records and frames of this process to its debug log.
func (p *Process) EnableDebug() error {
	if err := p.debug.Enable(); err != nil {
		return err
	}
	p.frames.Set(func(text string) { p.debug.Write(slog.LevelDebug, text) })
	return nil
}

// StartProfile measures this process until it ends.
func (p *Process) StartProfile() error {
	return p.profile.Start(p.Config.Name, p.Config.Switches.Profile)
}

// Exit ends the context with an exit status: what it printed is logged first. It
// may be called by a call, and so waits for the links only.
func (p *Process) Exit(code int) {
	p.flushLast()
	p.Router.Broker().Shutdown()
	<-p.Router.Broker().Closed()
	p.exit(code)
}

// heedTerm ends the context when it is told so by a signal.
func (p *Process) heedTerm() {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	go func() {
		<-term
		p.abandoned()
	}()
}

func newProcess(cfg *parent.Config, stdio *stdio, resolve func(value.Value) (value.Value, error)) *Process {
	handler := mitogen.NewLogHandler(slog.Level(cfg.LogLevel))
	p := &Process{Config: cfg, stdio: stdio}
	log := slog.New(p.debug.Handler(handler))
	slog.SetDefault(log)
	broker := mitogen.NewBroker(log)
	broker.ShutdownTimeout = shutdownTimeout
	p.Router = mitogen.NewRouter(mitogen.Options{
		Broker: broker, ID: cfg.ID, ParentIDs: cfg.ParentIDs, Name: cfg.Name, Log: log,
		MaxMessageSize: cfg.MaxMessageSize, Unidirectional: cfg.Unidirectional, Resolve: resolve,
		Frames: &p.frames,
	})
	handler.SetRouter(p.Router)
	p.printed = [2]*lineLog{{stream: "stdout", log: p.logLine}, {stream: "stderr", log: p.logLine}}
	p.Stdout, p.Stderr = p.printed[0], p.printed[1]
	stdio.logTo(p.logLine)
	p.Server = &mitogen.Server{Router: p.Router, Settle: p.Flush, Stuck: p.stuck}
	return p
}

// answer tells the parent that the context is ready.
func (p *Process) answer(link io.Writer, build string) error {
	data, err := (&parent.Ready{Build: build, PID: os.Getpid()}).Encode()
	if err != nil {
		return err
	}
	_, err = link.Write(wire.AppendPreamble(nil, wire.ReadyMagic, data))
	return err
}

// serve begins to take part in the tree.
func (p *Process) serve(link io.ReadWriteCloser) error {
	if err := p.Server.Start(); err != nil {
		return err
	}
	_, err := p.Router.AddHandler(mitogen.Handler{
		Handle: wire.Shutdown, Policy: mitogen.FromParents, Func: p.onShutdown,
	})
	if err != nil {
		return err
	}
	if p.Config.Compress {
		link = wire.Compress(link)
	}
	p.Router.AttachParent(link, p.parentLost)
	p.stdio.pump()
	return nil
}

func (p *Process) logLine(stream, line string) {
	p.Router.ForwardLog(mitogen.LogRecord{Level: slog.LevelInfo, Text: stream + ": " + line}, true)
}

// Lend gives the descriptors 1 and 2 for programs that are to write to the log by
// themselves.
func (p *Process) Lend() (stdout, stderr *os.File) {
	p.stdio.lent.Store(true)
	return os.Stdout, os.Stderr
}

// Flush logs what was written so far to stdout and stderr, by whatever process. A
// line that has no end yet is logged, unless it is one of a program that has the
// descriptor itself: that may go on.
func (p *Process) Flush() {
	p.stdio.settle()
	for _, l := range p.printed {
		l.finish()
	}
}

// flushLast is Flush at the end, when no line goes on.
func (p *Process) flushLast() {
	p.Flush()
	p.stdio.finish()
}

// onShutdown runs on the reader's goroutine.
func (p *Process) onShutdown(m *mitogen.Message) {
	if m.IsDead() {
		return
	}
	time.AfterFunc(shutdownTimeout+lostGrace, func() { p.exit(1) })
	if p.Interrupt != nil {
		p.Interrupt()
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			p.Server.Drain()
			if p.Finish != nil {
				p.Finish(ctx)
			}
		}()
		select {
		case <-finished:
		case <-ctx.Done():
		}
		p.flushLast()
		p.Router.Broker().Shutdown()
	}()
}

// parentLost ends everything at once: without a parent nobody can stop what runs here.
func (p *Process) parentLost(error) { p.abandoned() }

// abandoned ends the context, the links below and what its scripts started.
func (p *Process) abandoned() {
	time.AfterFunc(lostGrace, func() { p.exit(1) })
	p.end()
	endDescendants(p.spared())
	p.Router.Broker().Shutdown()
}

func (p *Process) spared() []int {
	if p.Detached == nil {
		return nil
	}
	return p.Detached()
}

func (p *Process) stuck(reason string) {
	p.Router.Log().Error(reason)
	time.AfterFunc(lostGrace, func() { p.exit(1) })
	p.Router.Broker().Shutdown()
}

func (p *Process) end() {
	p.endOnce.Do(func() {
		for _, fn := range p.AtEnd {
			fn()
		}
		_ = p.profile.End() // there is no link any more to tell of it
	})
}

// exit ends the process whatever its scripts do.
func (p *Process) exit(code int) {
	ended := make(chan struct{})
	go func() { p.end(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(endGrace):
	}
	os.Exit(code)
}

// beat lets the parent hear of this context every so often, if it wants to.
func (p *Process) beat() {
	every := p.Config.KeepAlive
	if every <= 0 {
		return
	}
	var next func()
	next = func() {
		if p.Router.Broker().Context().Err() != nil || p.Router.Detached() {
			return
		}
		p.Router.Beat()
		time.AfterFunc(every, next)
	}
	time.AfterFunc(every, next)
}

// watchParent ends a child whose parent has been silent for too long.
func (p *Process) watchParent() {
	if p.Config.OrphanTimeout <= 0 {
		return
	}
	stream := p.Router.StreamByID(p.Config.ParentIDs[0])
	var check func()
	check = func() {
		if p.Router.Broker().Context().Err() != nil || p.Router.Detached() {
			return
		}
		left := p.Config.OrphanTimeout - time.Since(stream.Heard())
		if left <= 0 {
			p.Router.Log().Error("nothing was heard of the parent", "for", p.Config.OrphanTimeout)
			p.abandoned()
			return
		}
		time.AfterFunc(left, check)
	}
	time.AfterFunc(p.Config.OrphanTimeout, check)
}
