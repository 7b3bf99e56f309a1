package main

import (
	"context"
	"log/slog"
	"os"
	"runtime"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/child"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/stdlib/progress"
)

// childMain is the main program of a context that a parent started.
func childMain(args []string) int {
	// A call in a child goes from one goroutine to the next and back: on one thread
	// that costs half as much. Who wants more threads sets GOMAXPROCS.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	r := &resolver{}
	return child.Main(child.Options{
		Build: build, Args: args, Resolve: r.resolve,
		Setup: func(p *child.Process) error { return setupChild(p, r) },
	})
}

func setupChild(p *child.Process, r *resolver) error {
	n := newNode(nodeOptions{
		loader: upwards{&p.Router.Chunks}, modules: p.Router.Chunks.Module,
		router: p.Router, log: p.Router.Log(), stdin: strings.NewReader(""), stdout: p.Stdout, stderr: p.Stderr, lend: p.Lend,
		script: p.Config.Script, logLevel: slog.Level(p.Config.LogLevel),
		binaries:    parent.Upward(p.Router, bootstrap.Self("")),
		exit:        func(_ context.Context, code int) error { p.Exit(code); return nil },
		progress:    progress.NewSparse(progress.SinkFunc(func(e progress.Event) { reportBar(p.Router, e) })),
		enableDebug: p.EnableDebug, startProfile: p.StartProfile, detach: p.Detach, switches: p.Config.Switches,
	})
	r.n = n
	n.commands.Await = p.Await
	n.factory.Debug, n.factory.Profiling = p.Config.Debug, p.Config.Profiling
	p.Server.Dispatcher, p.Server.Lock = n.runtime, &n.host.Lock
	p.Detached = func() []int { return append(n.library.Detached(), n.factory.Detached()...) }
	p.Idle = n.runtime.Idle
	p.Interrupt, p.Finish = n.runtime.Interrupt, n.runtime.AtExit
	p.AtEnd = append(p.AtEnd, n.factory.Abandon, func() { n.endPrograms(0) })
	return mitogen.Serve(p.Router, services(n.factory.Services(), ownServices(n.commands)))
}

// reportBar tells the master how far a bar is. It waits while the link is full.
func reportBar(r *mitogen.Router, e progress.Event) {
	r.ForwardLog(mitogen.LogRecord{Text: e.Title, Bar: &mitogen.BarReport{
		ID: e.ID, Done: e.Done, Total: e.Total, Finished: e.Finished,
	}}, true)
}

// upwards is the Loader of a child: nothing is loaded from its own disk.
type upwards struct{ code *mitogen.Chunks }

// Find asks the contexts above.
func (u upwards) Find(ctx context.Context, importer, name, extension string) (interp.Source, error) {
	src, err := u.code.Module(ctx, mitogen.ModuleName{Importer: importer, Name: name, Extension: extension})
	return interp.Source{Path: src.Path, Text: src.Text}, err
}
