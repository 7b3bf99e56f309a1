//go:build !child

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/library"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/progress"
)

// master is the root of a tree, for one script.
type master struct {
	*node
	log    *masterLog
	record *runRecord
	args   []string
	ctx    context.Context
	cancel context.CancelCauseFunc
	// status is what ends the program instead of the script's own: -1 for none.
	status atomic.Int64
	// printed is where scripts print.
	printed *printOut
	// lent says that a program has the terminal, which knows what Ctrl-C is to end.
	lent atomic.Bool
	// board is what draws on the terminal; nil for none.
	board atomic.Pointer[board]
}

// runScript runs a script to its orderly end.
func runScript(f *runFlags, s script, args []string, printValue bool) error {
	log, closeLog, err := newLog(f)
	if err != nil {
		return err
	}
	defer func() { _ = closeLog() }()
	m, err := newMaster(f, s, args, log, masterOptions{})
	if err != nil {
		return err
	}
	return m.conduct(f, "the script", func() error { return m.run(s, printValue) })
}

// masterOptions are what few masters need.
type masterOptions struct {
	stdout  io.Writer        // where print writes; nil for the process's
	modules []*interp.Module // further predeclared modules
}

func newMaster(f *runFlags, s script, args []string, log *masterLog, o masterOptions) (*master, error) {
	if o.stdout == nil {
		o.stdout = os.Stdout
	}
	own := slog.New(log.handler("mitogen", true))
	slog.SetDefault(own)
	programs, err := binaries()
	if err != nil {
		return nil, err
	}
	rec, err := newRunRecord(&f.record)
	if err != nil {
		return nil, err
	}
	log.noted = rec.note
	res := &resolver{}
	path := ""
	if s.file {
		path = s.Path
	}
	modules := library.NewFinder(path, os.Getenv("MITOSCRIPT_PATH"))
	served := func(_ context.Context, n mitogen.ModuleName) (mitogen.ModuleSource, error) {
		src, err := modules.Serve(n.Importer, n.Name, n.Extension)
		return mitogen.ModuleSource{Path: src.Path, Text: src.Text}, err
	}
	router := mitogen.NewRouter(mitogen.Options{Log: own, Resolve: res.resolve, Name: "master", Frames: &log.frames, Modules: served, Observer: rec.observer()})
	m := &master{log: log, record: rec, args: args}
	m.status.Store(-1)
	m.ctx, m.cancel = context.WithCancelCause(context.Background())
	m.node = newNode(nodeOptions{
		router: router, log: slog.New(log.handler("script", false)),
		extra: o.modules, stdin: os.Stdin, stdout: o.stdout, stderr: os.Stderr,
		loader: modules, modules: served, onLog: m.forwarded, logTo: log.redirect, frames: &log.frames, watch: rec.watch, observer: rec.observer(),
		enableDebug: log.enableDebug, startProfile: log.startProfile, onlyOwnModules: modules.DropPath,
		hosts: &book{m: m, sel: &f.chosen}, methods: f.chosen.methods(), switches: log.switches, args: args, script: s.Path, logLevel: childLevel{log}, binaries: programs, ask: m.asking(askPassword()),
		exit: func(_ context.Context, code int) error { m.end(code, errExit); return errExit },
	})
	res.n = m.node
	m.printed = &printOut{to: m.host.Stdout}
	m.host.Stdout = m.printed
	log.keepClear(m.library.Through)
	if err := router.OnLog(m.forwarded(router)); err != nil {
		return nil, err
	}
	// Calls from below are refused as such; those with our own authority are served.
	calls := &mitogen.Server{Router: router, Dispatcher: m.runtime, Lock: &m.host.Lock}
	return m, errors.Join(calls.Start(), mitogen.Serve(router, services(m.factory.ProgramServices(), ownServices(m.commands))))
}

// forwarded makes what gets the records of the contexts below a router, and the
// reports of their bars, which end with their context.
func (m *master) forwarded(r *mitogen.Router) func(mitogen.LogRecord) {
	return func(rec mitogen.LogRecord) {
		if rec.Bar == nil {
			m.log.forwarded(rec)
			return
		}
		c := r.ContextByID(rec.Source, rec.Context)
		e := progress.Event{ID: rec.Bar.ID, Title: rec.Text, Done: rec.Bar.Done, Total: rec.Bar.Total, Finished: rec.Bar.Finished}
		if !m.library.BarBelow(c, rec.Context, e) {
			return
		}
		go func() {
			select {
			case <-c.Gone():
			case <-r.Broker().Closed():
			}
			m.library.EndBarsBelow(c)
		}()
	}
}

// limit ends what the master does after a time; 0 is no limit.
func (m *master) limit(d time.Duration, what string) (stop func() bool) {
	if d <= 0 {
		return func() bool { return false }
	}
	return time.AfterFunc(d, func() {
		m.end(exitTimeout, value.Errorf(value.KindTimeout, "%s was ended after %s", what, d))
	}).Stop
}

var errExit = value.Errorf(value.KindCancelled, "os.exit was called")

// end makes the script stop where it is.
func (m *master) end(status int, why error) {
	m.status.CompareAndSwap(-1, int64(status))
	m.cancel(why)
	m.runtime.Interrupt()
}

// catchSignals makes the first signal end the script in order, and the second at
// once: the children see their links end.
func (m *master) catchSignals() (stop func()) {
	ch := make(chan os.Signal, 4)
	signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		for first := true; ; {
			select {
			case <-done:
				return
			case sig := <-ch:
				if sig == syscall.SIGINT && m.lent.Load() {
					continue
				}
				number := 128 + int(sig.(syscall.Signal))
				if !first {
					m.factory.Abandon()
					_ = m.record.write(&statusError{status: number}) // it says itself what fails
					os.Exit(number)
				}
				first = false
				m.end(number, value.Errorf(value.KindCancelled, "ended by %s", sig))
			}
		}
	}()
	return func() { signal.Stop(ch); close(done) }
}

// run runs the top level, then main.
func (m *master) run(s script, printValue bool) error {
	in, err := m.host.Interp(s.lang)
	if err != nil {
		return err
	}
	m.host.Lock.Lock()
	defer m.host.Lock.Unlock()
	if printValue {
		return m.eval(in, s)
	}
	s.Main = func(line int, params []string) error { return mainParams(params, s.Path, line) }
	sc, err := in.Run(m.ctx, s.Source)
	if err != nil {
		return m.failure(err)
	}
	status, err := m.callMain(sc)
	if err != nil {
		return m.failure(err)
	}
	if status != exitOK {
		return &statusError{status: status}
	}
	return nil
}

// callMain calls the script's function main, unless its top level did, or gave
// one to mitogen.main.
func (m *master) callMain(sc interp.Script) (status int, err error) {
	fn := m.runtime.Main()
	if fn != nil {
		_, err := fn.Call(m.ctx, []value.Value{m.runtime.Router()}, nil)
		return exitOK, err
	}
	fn, ok := sc.Global("main")
	if !ok || sc.Called("main") {
		return exitOK, nil
	}
	args, err := m.mainArgs(fn)
	if err != nil {
		return exitScript, err
	}
	v, err := fn.Call(m.ctx, args, nil)
	if err != nil {
		return exitScript, err
	}
	return mainStatus(v)
}

// mainArgs are what main declares: router and args, in its own order.
func (m *master) mainArgs(fn interp.Callable) ([]value.Value, error) {
	argv := make(value.List, len(m.args))
	for i, a := range m.args {
		argv[i] = a
	}
	file, line := fn.Where()
	if err := mainParams(fn.ParamNames(), file, line); err != nil {
		return nil, err
	}
	var out []value.Value
	for _, name := range fn.ParamNames() {
		if name == "router" {
			out = append(out, m.runtime.Router())
		} else {
			out = append(out, argv)
		}
	}
	return out, nil
}

// mainParams makes other parameters than those that main may have an Error.
func mainParams(names []string, file string, line int) error {
	for _, name := range names {
		if name != "router" && name != "args" {
			return value.Errorf(value.KindError, "%s:%d: main may have the parameters router and args, not %s", file, line, name)
		}
	}
	return nil
}

// mainStatus reads what main returned.
func mainStatus(v value.Value) (int, error) {
	switch v := v.(type) {
	case nil:
		return exitOK, nil
	case int64:
		if v >= 0 && v <= 255 {
			return int(v), nil
		}
		return exitScript, value.Errorf(value.KindValue, "main returned %d: an exit status is 0 to 255", v)
	}
	return exitScript, value.Errorf(value.KindValue, "main returned a %s: want an exit status or nothing", value.TypeName(v))
}

func (m *master) eval(in interp.Interp, s script) error {
	v, isValue, err := in.Eval(m.ctx, s.Source)
	if err != nil {
		return m.failure(err)
	}
	if isValue && v != nil {
		_, _ = fmt.Fprintln(m.printed, interp.Show(v)) // which keeps the error
	}
	return nil
}

// failure tells a script that does not parse from one that failed, and that from one
// that os.exit ended.
func (m *master) failure(err error) error {
	if errors.Is(context.Cause(m.ctx), errExit) {
		return &statusError{status: int(m.status.Load())}
	}
	var syntax *interp.SyntaxError
	if errors.As(err, &syntax) {
		return &statusError{status: exitSyntax, err: syntax}
	}
	return scriptFailed(err)
}

// finishTimeout bounds the end of a script whose callbacks do not end.
const finishTimeout = 15 * time.Second

// finish ends the tree in order.
func (m *master) finish() {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	m.runtime.Finish(ctx)
	m.endPrograms(time.Second)
	if err := m.log.profile.End(); err != nil {
		m.log.write(logRecord{level: slog.LevelWarn, logger: "mitogen", text: err.Error()})
	}
}
