//go:build !child

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/mitoscript/mitoscript/inventory"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/fakessh"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// execJob is one use of the command exec.
type execJob struct {
	runFlags
	selection
	fanout
	format  string
	outdir  string
	noInput bool
}

func execCmd() *cobra.Command {
	j := &execJob{}
	cmd := &cobra.Command{
		Use:   "exec [flags] -- COMMAND…",
		Short: "runs a command on hosts",
		Long: "Runs the command on every host that -i and -l select, in the home folder there; without them on\n" +
			"all Host entries of ~/.ssh/config. A COMMAND of one word is a line for the shell; several words are a\n" +
			"program and its arguments as they stand.\n\n" +
			"  mitoscript exec -i hosts -l 'web*' -- uptime\n" +
			"  mitoscript exec -i web1, -- 'cat /etc/*release | sort' > file\n\n" +
			"With a single host the command reads stdin, unless that is a terminal, its output comes as it is, and\n" +
			"its exit status is ours. Otherwise it reads nothing, and the status is 4 if it failed somewhere, 5 if\n" +
			"hosts were unreachable.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := j.check(cmd.ArgsLenAtDash(), args); err != nil {
				return err
			}
			return withMaster(&j.runFlags, func(m *master) error { return j.run(m, args) })
		},
	}
	j.addLogging(cmd)
	j.addRecord(cmd)
	j.selection.add(cmd)
	j.fanout.add(cmd)
	fl := cmd.Flags()
	fl.StringVarP(&j.format, "output", "o", "text", "how results are shown: text, fold (hosts with equal output together), oneline, table, json, jsonl or none")
	complete(cmd, "output", "text", "fold", "oneline", "table", "json", "jsonl", "none")
	fl.StringVar(&j.outdir, "outdir", "", "write HOST.out and HOST.err into this folder too")
	fl.BoolVarP(&j.noInput, "no-stdin", "n", false, "let the command of a single host read nothing")
	fl.SetInterspersed(true) // what is the command's stands behind --
	return cmd
}

// check tells of wrong uses. dash is how many args stand before --, -1 without one.
func (j *execJob) check(dash int, args []string) error {
	hint := ""
	switch {
	case j.list && dash < 0 && len(args) == 0:
		return checkColour(j.color)
	case dash > 0 || dash < 0 && len(args) > 0:
		if hint = "hosts are selected with -i and -l"; dash < 0 {
			hint = "put -- before the command: mitoscript exec … -- " + args[0]
		}
		return &statusError{status: exitUsage, err: fmt.Errorf("exec: %q is no flag, and stands before --", args[0]), hint: hint}
	case len(args) == 0:
		return usageError("exec: give a command: mitoscript exec … -- COMMAND…")
	}
	if _, ok := resultFormats[j.format]; !ok {
		return usageError("-o %s: want text, fold, oneline, table, json, jsonl or none", j.format)
	}
	if strings.Contains(strings.Join(args, ""), "\x00") {
		return usageError("exec: a command cannot have a NUL byte")
	}
	return checkColour(j.color)
}

func (j *execJob) run(m *master, args []string) error {
	inv, err := j.load(m.ctx, m)
	if err != nil {
		return err
	}
	hosts, err := j.hosts(inv)
	if err != nil {
		return err
	}
	if j.list {
		for _, h := range hosts {
			fmt.Println(h.Name)
		}
		return nil
	}
	j.tellAll(j.quiet, hosts)
	fl := &fleet{m: m, fan: &j.fanout, quiet: j.quiet}
	if fl.conn, err = j.connection(); err != nil {
		return err
	}
	if j.outdir != "" {
		if err := os.MkdirAll(j.outdir, 0o777); err != nil {
			return usageError("--outdir: %w", err)
		}
	}
	x := newExecution(j, m, args, hosts)
	fl.ended = x.ended
	outcomes, stopped, err := fl.each(m.ctx, hosts, x.work)
	if err != nil {
		return err
	}
	return x.conclude(fl, outcomes, stopped)
}

// execution is a command that runs on hosts.
type execution struct {
	job    *execJob
	m      *master
	title  string // what people are told that it is
	line   string // for the shell, which knows args as "$@"
	args   []string
	single bool
	format resultFormat
	shape  shape
	stdout io.Writer // for one at a time
	stderr io.Writer

	mu      sync.Mutex            // held while results are shown
	broken  atomic.Pointer[error] // why they cannot be
	results map[*inventory.Host]*result
}

func newExecution(j *execJob, m *master, args []string, hosts []*inventory.Host) *execution {
	x := &execution{job: j, m: m, title: titleOf(args), single: len(hosts) == 1, format: resultFormats[j.format], results: map[*inventory.Host]*result{}}
	if x.line = args[0]; len(args) > 1 {
		x.line, x.args = `exec "$@"`, args
	}
	for _, h := range hosts {
		x.results[h] = &result{host: h.Name}
	}
	x.shape = shapeOf(j.color)
	x.stdout, x.stderr = (*execOutput)(x), m.terminal(os.Stderr)
	return x
}

// maxTitle bounds how much of a command a timeline tells, in runes.
const maxTitle = 80

func titleOf(args []string) string {
	title := []rune(strings.Join(args, " "))
	if len(title) > maxTitle {
		return string(title[:maxTitle]) + "…"
	}
	return string(title)
}

// execOutput is stdout. That it is closed, or cannot be written, ends the command.
type execOutput execution

func (w *execOutput) Write(data []byte) (int, error) {
	n, err := w.m.terminal(os.Stdout).Write(data)
	if err != nil && w.broken.CompareAndSwap(nil, &err) {
		status := exitScript
		if errors.Is(err, syscall.EPIPE) {
			status = 128 + int(syscall.SIGPIPE)
		}
		w.m.end(status, value.Errorf(value.KindOS, "cannot write the results: %w", err))
	}
	return n, err
}

// commandError is the failure of a command that ran.
type commandError struct{ fakessh.Status }

func (e *commandError) Error() string {
	if e.Signal != 0 {
		return fmt.Sprintf("ended by signal %d (%s)", int(e.Signal), e.Signal)
	}
	return fmt.Sprintf("exit status %d", e.Code)
}

// status is that of a shell.
func (e *commandError) status() int {
	if e.Signal != 0 {
		return 128 + int(e.Signal)
	}
	return e.Code
}

// work runs the command on a host.
func (x *execution) work(ctx context.Context, h *inventory.Host, c *mitogen.Context) (err error) {
	ended := x.m.record.began(c, x.title)
	defer func() { ended(err, 0) }()
	r := x.results[h] // is this goroutine's until the host has ended
	out, err := x.streams(r)
	if err != nil {
		return err
	}
	cmd := fakessh.Command{Dest: c, Line: x.line, Args: x.args, Stdout: out.stdout, Stderr: out.stderr}
	if x.single && !x.job.noInput && !term.IsTerminal(int(os.Stdin.Fd())) {
		cmd.Stdin = os.Stdin
	}
	status, err := fakessh.Exec(ctx, cmd)
	if closing := out.close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	e := &commandError{status}
	r.ran, r.code = true, e.status()
	if r.code != 0 {
		return e
	}
	return nil
}

// ended shows what is shown of each host when the command has ended there.
func (x *execution) ended(o *outcome) {
	r := x.results[o.host]
	r.outcome = *o
	if x.format.each == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	_, _ = io.WriteString(x.stdout, x.format.each(x.shape, r)) // an error ends the command
}

// conclude shows what is shown at the end.
func (x *execution) conclude(fl *fleet, outcomes []outcome, stopped bool) error {
	if x.format.all != nil {
		all := make([]*result, len(outcomes))
		for i, o := range outcomes {
			all[i] = x.results[o.host]
		}
		_, _ = io.WriteString(x.stdout, x.format.all(x.shape, all)) // as above
	}
	if why := x.broken.Load(); why != nil {
		if errors.Is(*why, syscall.EPIPE) {
			return nil // quietly, with the status that is set
		}
		return &statusError{status: exitScript, err: fmt.Errorf("cannot write the results: %w", *why)}
	}
	if !x.single {
		return fl.conclude(outcomes, stopped)
	}
	var exit *commandError
	only := &outcomes[0]
	ended := errors.As(only.err, &exit)
	only.silent = ended || only.unfinished // the status says it all
	err := fl.conclude(outcomes, stopped)
	if ended {
		return &statusError{status: exit.status()}
	}
	return err
}
