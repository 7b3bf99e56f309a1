//go:build !child

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/scripttest"
	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// testFlags are those of the command test.
type testFlags struct {
	run   runFlags
	match string
	junit string
}

func testCmd() *cobra.Command {
	f := &testFlags{}
	cmd := &cobra.Command{
		Use: "test [flags] [FILE…]",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return scriptFiles()
		},
		Short: "runs the test_ functions of *_test.star and *_test.lua",
		Long: "test runs every global function whose name begins with test_, each in a tree of its own. The module\n" +
			"testing has eq, ne, true, raises and hosts. Without FILE it takes all test files in and below this folder.",
		RunE: func(_ *cobra.Command, args []string) error { return f.test(args) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.match, "run", "", "run only functions whose name matches this regular expression")
	fl.StringVar(&f.junit, "junit", "", "write the results to this file, as JUnit XML")
	fl.BoolVarP(&f.run.quiet, "quiet", "q", false, "print what failed only")
	fl.CountVarP(&f.run.verbose, "verbose", "v", "show what passing tests print; log connection phases (-vv), frames (-vvv)")
	spanVar(fl, &f.run.timeout, "timeout", 10*time.Minute, "fail a test that takes longer")
	return cmd
}

// test runs all tests and tells of them.
func (f *testFlags) test(args []string) error {
	match, err := regexp.Compile(f.match)
	if err != nil {
		return usageError("--run: %w", err)
	}
	files, err := scripttest.Files(args)
	if err != nil {
		return usageError("test: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	start := time.Now()
	var results []scripttest.Result
	for _, file := range files {
		found, err := f.testFile(ctx, file, match)
		if err != nil {
			return err
		}
		results = append(results, found...)
	}
	failed := 0
	for _, r := range results {
		if r.Failure != "" {
			failed++
		}
	}
	fmt.Printf("%d passed, %d failed (%.2fs)\n", len(results)-failed, failed, time.Since(start).Seconds())
	if err := f.writeJUnit(results); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return &statusError{status: 128 + int(syscall.SIGINT)}
	case failed > 0:
		return &statusError{status: exitScript}
	}
	return nil
}

func (f *testFlags) writeJUnit(results []scripttest.Result) error {
	if f.junit == "" {
		return nil
	}
	var b bytes.Buffer
	if err := scripttest.WriteJUnit(&b, results); err != nil {
		return err
	}
	if err := os.WriteFile(f.junit, b.Bytes(), 0o644); err != nil {
		return usageError("cannot write the results: %w", err)
	}
	return nil
}

// testFile runs the tests of a file and prints how each ended. A file that does
// not run is one test that failed.
func (f *testFlags) testFile(ctx context.Context, file string, match *regexp.Regexp) ([]scripttest.Result, error) {
	s, _, err := f.run.source([]string{file})
	if err != nil {
		return nil, err
	}
	names, loading, err := f.list(ctx, s)
	if err != nil {
		return nil, err
	}
	if loading.Failure != "" {
		loading.Print(os.Stdout, false)
		return []scripttest.Result{loading}, nil
	}
	var results []scripttest.Result
	for _, name := range names {
		if !strings.HasPrefix(name, "test_") || !match.MatchString(name) || ctx.Err() != nil {
			continue
		}
		r, err := f.one(ctx, s, name)
		if err != nil {
			return nil, err
		}
		if r.Failure != "" || !f.run.quiet {
			r.Print(os.Stdout, f.run.verbose > 0)
		}
		results = append(results, r)
	}
	return results, nil
}

// list runs the file's top level, to learn what functions it defines.
func (f *testFlags) list(ctx context.Context, s script) (names []string, loading scripttest.Result, err error) {
	loading, err = f.inMaster(ctx, s, "(top level)", func(m *master, sc interp.Script) error {
		names = sc.Functions()
		return nil
	})
	return names, loading, err
}

// one runs one test in a tree of its own.
func (f *testFlags) one(ctx context.Context, s script, name string) (scripttest.Result, error) {
	return f.inMaster(ctx, s, name, func(m *master, sc interp.Script) error {
		fn, ok := sc.Global(name)
		if !ok {
			return fmt.Errorf("%s is no longer a function once the script has run again", name)
		}
		args, err := m.mainArgs(fn)
		if err != nil {
			return err
		}
		_, err = fn.Call(m.ctx, args, nil)
		return err
	})
}

// inMaster runs the top level of s in a new master, and then fn with the script lock
// held. The error is one of the program, not of the test.
func (f *testFlags) inMaster(ctx context.Context, s script, name string, fn func(*master, interp.Script) error) (scripttest.Result, error) {
	out := &output{}
	log, closeLog, err := newLog(&f.run)
	if err != nil {
		return scripttest.Result{}, err
	}
	defer func() { _ = closeLog() }()
	log.writeTo(out)
	var m *master
	m, err = newMaster(&f.run, s, nil, log, masterOptions{stdout: out, modules: []*interp.Module{
		scripttest.Module(func(ctx context.Context, n int) ([]value.Value, error) { return m.testHosts(ctx, n) }),
	}})
	if err != nil {
		return scripttest.Result{}, err
	}
	defer context.AfterFunc(ctx, func() { m.end(128+int(syscall.SIGINT), value.Errorf(value.KindCancelled, "interrupted")) })()
	stop := m.limit(f.run.timeout, "the test")
	start := time.Now()
	failure := m.test(s, fn)
	stop()
	m.finish()
	return scripttest.Result{File: s.Path, Name: name, Took: time.Since(start), Failure: failure, Output: out.String()}, nil
}

// test runs s and fn and tells why they failed.
func (m *master) test(s script, fn func(*master, interp.Script) error) string {
	in, err := m.host.Interp(s.lang)
	if err != nil {
		return err.Error()
	}
	m.host.Lock.Lock()
	defer m.host.Lock.Unlock()
	sc, err := in.Run(m.ctx, s.Source)
	if err == nil {
		err = fn(m, sc)
	}
	var syntax *interp.SyntaxError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &syntax):
		return syntax.Error()
	}
	return strings.TrimRight(visible(value.AsError(err).Report()), "\n")
}

// testHosts makes contexts for testing.hosts.
func (m *master) testHosts(ctx context.Context, n int) ([]value.Value, error) {
	made, errs := make([]*mitogen.Context, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range made {
		wg.Go(func() {
			opts := value.NewDict(1)
			opts.Append("name", fmt.Sprintf("host%d", i+1))
			made[i], errs[i] = m.factory.Connect(ctx, nil, "local", opts)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	all := make([]value.Value, n)
	for i, c := range made {
		all[i] = m.runtime.Context(c)
	}
	return all, nil
}

// testingModule is what check must know of beside the library if path is a test.
func testingModule(path string) []*interp.Module {
	if !scripttest.IsTest(path) {
		return nil
	}
	return []*interp.Module{scripttest.Module(nil)}
}

// output collects what a test prints and logs.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
