//go:build !child

package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/repl"
	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func replCmd() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "repl [flags]",
		Short: "runs what is typed, piece by piece",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return runREPL(f) },
	}
	f.addLang(cmd)
	f.addLogging(cmd)
	return cmd
}

// runREPL runs the prompt to its orderly end.
func runREPL(f *runFlags) error {
	lang, err := f.language("")
	if err != nil {
		return err
	}
	log, closeLog, err := newLog(f)
	if err != nil {
		return err
	}
	defer func() { _ = closeLog() }()
	t, err := openTerminal()
	if err != nil {
		return err
	}
	defer t.close()
	if f.logFile == "" {
		log.writeTo(t.err)
	}
	s := script{Source: interp.Source{Path: "<repl>"}, lang: lang}
	m, err := newMaster(f, s, nil, log, masterOptions{stdout: t.out})
	if err != nil {
		return err
	}
	session, err := repl.New(repl.Options{
		Host: m.host, Router: m.router, Lang: lang, Input: t.input, Out: t.out, Err: visibleWriter{t.err}, Banner: t.banner(), Explain: explain,
	})
	if err != nil {
		return err
	}
	if t.editor != nil {
		t.editor.Complete(session.Complete)
	}
	m.log.watch(m.router)
	defer m.replSignals(session, t.editor != nil)()
	defer m.limit(f.timeout, "the session")()
	err = m.session(session, t)
	m.finish()
	if status := m.status.Load(); status >= 0 {
		return endedError(int(status), "the session", nil)
	}
	return err
}

// explain gives what `mitoscript doc` says.
func explain(name string) (string, bool) {
	lib, err := documentation()
	if err != nil {
		return "", false
	}
	return lib.Text(name)
}

// session runs the prompt until it, or the master's ctx, ends.
func (m *master) session(s *repl.Session, t *replTerminal) error {
	done := make(chan error, 1)
	go func() { done <- s.Run(m.ctx) }()
	select {
	case err := <-done:
		return err
	case <-m.ctx.Done():
	}
	t.close() // ends a wait for a line
	if s.Interrupt() {
		<-done
	}
	return nil
}

// replSignals makes Ctrl-C cancel the piece that runs; the third one while it does
// not end leaves at once. The other signals end the session in order.
func (m *master) replSignals(s *repl.Session, raw bool) (stop func()) {
	ch := make(chan os.Signal, 4)
	signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		var pressed interruptions
		for {
			select {
			case <-done:
				return
			case sig := <-ch:
				number := 128 + int(sig.(syscall.Signal))
				switch {
				case sig != syscall.SIGINT || !s.Interrupt() && !raw:
					m.end(number, value.Errorf(value.KindCancelled, "ended by %s", sig))
				case pressed.tooMany(s.Count()):
					m.factory.Abandon()
					os.Exit(number)
				}
			}
		}
	}()
	return func() { signal.Stop(ch); close(done) }
}

// interruptions counts the Ctrl-Cs that one piece got.
type interruptions struct{ piece, count int }

func (i *interruptions) tooMany(piece int) bool {
	if i.piece != piece {
		i.piece, i.count = piece, 0
	}
	i.count++
	if i.count == 2 {
		fmt.Fprintln(os.Stderr, "mitoscript: it is being cancelled; Ctrl-C once more leaves at once")
	}
	return i.count > 2
}

// replTerminal is where a session reads and writes.
type replTerminal struct {
	editor   *repl.Editor // nil without a terminal that can be edited on
	input    repl.Input
	out, err io.Writer
	person   bool
}

func openTerminal() (*replTerminal, error) {
	person := term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
	if !person {
		return &replTerminal{input: repl.NewPlain(os.Stdin, nil), out: os.Stdout, err: os.Stderr}, nil
	}
	if name := os.Getenv("TERM"); name == "" || name == "dumb" {
		return &replTerminal{input: repl.NewPlain(os.Stdin, os.Stdout), out: os.Stdout, err: os.Stderr, person: true}, nil
	}
	e, err := repl.NewEditor(repl.EditorOptions{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, History: historyFile()})
	if err != nil {
		return nil, fmt.Errorf("cannot use the terminal: %w", err)
	}
	return &replTerminal{editor: e, input: e, out: e.Out(), err: e.Err(), person: true}, nil
}

func (t *replTerminal) close() {
	if t.editor != nil {
		_ = t.editor.Close()
	}
}

func (t *replTerminal) banner() string {
	if !t.person {
		return ""
	}
	return "mitoscript " + version + ". :help lists commands, ?NAME explains, Tab completes, Ctrl-D leaves."
}

// historyFile stands in the state folder; "" if there is none.
func historyFile() string {
	dir := os.Getenv("XDG_STATE_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "mitoscript", "history")
}
