package main

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/lua"
	"github.com/mitoscript/mitoscript/interp/starlark"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/fakessh"
	"github.com/mitoscript/mitoscript/mitogen/files"
	"github.com/mitoscript/mitoscript/mitogen/methods"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/pgroup"
	"github.com/mitoscript/mitoscript/mitogen/unix"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib"
	"github.com/mitoscript/mitoscript/stdlib/mito"
	"github.com/mitoscript/mitoscript/stdlib/path"
	"github.com/mitoscript/mitoscript/stdlib/progress"
)

// node is what a context consists of, in the master and in every child: both
// languages, the library, a router and a factory of children.
type node struct {
	host    *interp.Host
	router  *mitogen.Router
	factory *parent.Factory
	runtime *mito.Runtime
	library *stdlib.Host
	// commands run for ssh programs elsewhere, and for exec.
	commands *fakessh.Server
	// guard ends what both run should this process be killed.
	guard *pgroup.Guard
	// lend is that of nodeOptions.
	lend func() (stdout, stderr *os.File)
}

// endPrograms ends all programs, those of scripts with the grace.
func (n *node) endPrograms(grace time.Duration) {
	n.commands.EndAll()
	n.library.EndAll(grace)
	n.guard.Close()
}

// nodeOptions say what differs between master and child.
type nodeOptions struct {
	router *mitogen.Router
	log    *slog.Logger
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	// lend gives the descriptors that fakessh's programs write to; nil for the process's own.
	lend   func() (stdout, stderr *os.File)
	loader interp.Loader
	// extra are predeclared beside the library.
	extra []*interp.Module
	// modules serves contexts of further trees.
	modules  mitogen.FindModule
	args     []string
	script   string
	logLevel slog.Leveler
	binaries bootstrap.Source
	ask      func(ctx context.Context, question string) (string, error)
	exit     func(ctx context.Context, code int) error
	// progress is that of stdlib.Host.
	progress progress.Sink
	// enableDebug and startProfile are those of mito.Options.
	enableDebug, startProfile func() error
	// detach is that of mito.Options; nil in the master.
	detach func(ctx context.Context) error
	// hosts are those that the command line selects; nil in children.
	hosts hostBook
	// frames are logged; nil for none.
	frames *mitogen.FrameLog
	// onLog makes what gets the records of contexts below a router; nil in children.
	onLog func(*mitogen.Router) func(mitogen.LogRecord)
	// observer hears of calls, and watch makes those hear of set-ups who want to; nil in
	// children, observer also where nobody does.
	observer mitogen.Observer
	watch    func(*parent.Options)
	// logTo and onlyOwnModules are those of mito.Options; nil in children.
	logTo          func(mito.LogFile) error
	onlyOwnModules func()
	// methods are the ways to make contexts; nil for all as they are.
	methods map[string]parent.Method
	// switches are those of this process.
	switches parent.Switches
	// commands are the node's; newNode sets it.
	commands *fakessh.Server
}

func newFactory(o nodeOptions, r *mitogen.Router) *parent.Factory {
	if o.methods == nil {
		o.methods = methods.All()
	}
	opts := parent.Options{
		Router: r, Build: build, Methods: o.methods, Binaries: o.binaries,
		ChildArgs: []string{childCommand}, LogLevel: o.logLevel, Script: o.script, Ask: o.ask, Switches: o.switches,
	}
	if o.watch != nil {
		o.watch(&opts)
	}
	return parent.New(opts)
}

// newRouter makes a further tree, of which this process is the master.
func (o nodeOptions) newRouter(b *mitogen.Broker, resolve func(value.Value) (value.Value, error)) (*mitogen.Router, mito.Connector, error) {
	r := mitogen.NewRouter(mitogen.Options{
		Broker: b, Log: o.router.Log(), Resolve: resolve, Name: "master", Frames: o.frames, Modules: o.modules, Observer: o.observer,
	})
	if o.onLog != nil {
		if err := r.OnLog(o.onLog(r)); err != nil {
			return nil, nil, err
		}
	}
	factory := newFactory(o, r)
	return r, factory, mitogen.Serve(r, services(factory.ProgramServices(), ownServices(o.commands)))
}

// ownServices are those that every context has, the master too: programs that
// joined its tree act with its authority.
func ownServices(commands *fakessh.Server) map[string]mitogen.Service {
	return services(commands.Services(), files.Services(path.Home))
}

// services joins sets of services.
func services(sets ...map[string]mitogen.Service) map[string]mitogen.Service {
	all := map[string]mitogen.Service{}
	for _, set := range sets {
		maps.Copy(all, set)
	}
	return all
}

func listenUnix(r *mitogen.Router, path string) (string, error) { return unix.Listen(r, build, path) }

// runFakeSSH lets the program have this one's stdin, stdout and stderr: in a child
// they are /dev/null and the log.
func (n *node) runFakeSSH(ctx context.Context, o mito.FakeSSH) (int, error) {
	stdout, stderr := os.Stdout, os.Stderr
	if n.lend != nil {
		stdout, stderr = n.lend()
	}
	return fakessh.Run(ctx, fakessh.Options{
		Dest: o.Dest, Args: o.Args, Env: o.Env, Dir: o.Dir, Stdin: os.Stdin, Stdout: stdout, Stderr: stderr,
		Guard: n.guard,
	})
}

// joinUnix makes this process part of the tree of who listens at path.
func (o nodeOptions) joinUnix(ctx context.Context, b *mitogen.Broker, path string,
	resolve func(value.Value) (value.Value, error)) (*mitogen.Context, mito.Connector, error) {
	conn, cfg, err := unix.Connect(ctx, path, build)
	if err != nil {
		return nil, nil, err
	}
	r := mitogen.NewRouter(mitogen.Options{
		Broker: b, ID: cfg.ID, ParentIDs: cfg.ParentIDs, Name: cfg.Name, Deputy: true, MaxMessageSize: cfg.MaxMessageSize,
		Unidirectional: cfg.Unidirectional, Log: o.router.Log(), Resolve: resolve, Frames: o.frames, Observer: o.observer,
	})
	factory := newFactory(o, r)
	if err := mitogen.Serve(r, services(factory.ProgramServices(), fakessh.Lending())); err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	c := r.ContextByID(cfg.ParentIDs[0], "unix."+path)
	r.AttachParent(conn, nil)
	return c, factory, nil
}

func newNode(o nodeOptions) *node {
	guard := &pgroup.Guard{}
	o.commands = &fakessh.Server{Guard: guard}
	n := &node{router: o.router, commands: o.commands, guard: guard, lend: o.lend, host: &interp.Host{
		Loader: o.loader, Stdout: o.stdout, Languages: []interp.Language{starlark.Language(), lua.Language()},
	}}
	n.factory = newFactory(o, o.router)
	n.library = &stdlib.Host{
		Stdin: o.stdin, Stdout: o.stdout, Stderr: o.stderr, Log: o.log,
		Master: o.router.IsMaster(), Exit: o.exit, Send: sendBy(o.router), Progress: o.progress, Guard: guard,
	}
	n.runtime = mito.New(mito.Options{
		Host: n.host, Router: o.router, Connector: n.factory, Args: o.args, Script: o.script,
		Version: version, Log: o.log, NewRouter: o.newRouter,
		EnableDebug: o.enableDebug, StartProfile: o.startProfile, Detach: o.detach,
		Bar: n.library.Bar, ListenUnix: listenUnix, FakeSSH: n.runFakeSSH, JoinUnix: o.joinUnix, LogTo: o.logTo, DisableSitePackages: o.onlyOwnModules,
	})
	own := []*interp.Module{inventoryModule(o.hosts, n.runtime.Context)}
	n.host.Modules = slices.Concat(stdlib.Modules(n.library), n.runtime.Modules(), own, o.extra)
	n.host.Stdout = n.library.Through(o.stdout)
	interp.Seal(n.host.Modules)
	return n
}

// sendBy gives values to Senders that stand in the place of callbacks.
func sendBy(r *mitogen.Router) func(context.Context, value.SenderRef, value.Value) error {
	return func(ctx context.Context, to value.SenderRef, v value.Value) error {
		if to.Window > 0 {
			return mitogen.NewSenderTo(r, to).Put(ctx, v)
		}
		c := r.ContextByID(to.Context, "")
		m, err := mitogen.NewSender(c, to.Handle).Encode(v, mitogen.CallNames{})
		if err != nil {
			return err
		}
		return c.Send(m)
	}
}

// resolver gives the runtime's Resolve before the runtime exists: a router is
// made first.
type resolver struct{ n *node }

func (r *resolver) resolve(v value.Value) (value.Value, error) { return r.n.runtime.Resolve(v) }

// binaries are the programs that this one can push: the bundle beside it, and
// itself for its own platform.
func binaries() (bootstrap.Source, error) {
	self := bootstrap.Self("")
	exe, err := os.Executable()
	if err != nil {
		return self, nil
	}
	dir := filepath.Join(filepath.Dir(exe), bootstrap.BundleDir)
	if _, err := os.Stat(dir); err != nil {
		return self, nil
	}
	bundle, err := bootstrap.LoadBundle(dir)
	if err != nil {
		return nil, err
	}
	if bundle.Build != build {
		return nil, value.Errorf(value.KindError,
			"the bundle %s is of build %s, this program of %s: make it again with `make bundle`", dir, bundle.Build, build)
	}
	return bootstrap.Chain(bundle, self), nil
}
