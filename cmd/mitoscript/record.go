//go:build !child

package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/report"
	"github.com/mitoscript/mitoscript/cmd/mitoscript/timeline"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/parent"
)

// recordFlags say what is written of a run besides its log.
type recordFlags struct {
	trace, report string
}

// addRecord adds the flags of commands whose run can be recorded.
func (f *runFlags) addRecord(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.record.trace, "trace", "", "write a timeline to this file (Chrome's trace format: open it in Perfetto)")
	fl.StringVar(&f.record.report, "report", "", "write a page (HTML) about hosts, timeline, calls and errors to this file")
}

// runRecord writes what was asked for about a run, once, at its end. One without a
// recorder writes nothing.
type runRecord struct {
	recorder *timeline.Recorder // nil if nothing was asked for
	title    string
	trace    *os.File // nil if there is none
	page     *os.File
	once     sync.Once
}

// newRunRecord opens the files, so that one that cannot be written is told at once.
func newRunRecord(f *recordFlags) (*runRecord, error) {
	r := &runRecord{}
	for _, to := range []struct {
		path string
		file **os.File
	}{{f.trace, &r.trace}, {f.report, &r.page}} {
		if to.path == "" {
			continue
		}
		file, err := os.OpenFile(to.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return nil, usageError("cannot write the record of the run: %w", err)
		}
		*to.file = file
	}
	if r.trace != nil || r.page != nil {
		r.recorder = timeline.New()
		r.title = "mitoscript " + strings.Join(os.Args[1:], " ")
	}
	return r, nil
}

// observer is who hears of calls; nil for nobody.
func (r *runRecord) observer() mitogen.Observer {
	if r.recorder == nil {
		return nil
	}
	return r.recorder
}

// began is told of what a command does in a context without calling a function there.
func (r *runRecord) began(c *mitogen.Context, name string) (ended func(err error, bytes int64)) {
	if r.recorder == nil {
		return func(error, int64) {}
	}
	return r.recorder.Began(mitogen.Work{Context: c, Kind: mitogen.WorkCall, Name: name})
}

// watch makes a tree's set-ups heard.
func (r *runRecord) watch(o *parent.Options) {
	if r.recorder != nil {
		o.OnStep, o.OnSetup = r.recorder.OnStep(o.Router), r.recorder.OnSetup(o.Router)
	}
}

// note keeps a record of the log that people should see.
func (r *runRecord) note(context string, level slog.Level, text string) {
	if r.recorder != nil && level >= slog.LevelInfo {
		r.recorder.Note(context, levelName(level), text)
	}
}

// write writes the files of a run that ended by err. What cannot be written is the
// error of a run that had none.
func (r *runRecord) write(err error) error {
	if r.recorder == nil {
		return err
	}
	r.once.Do(func() {
		s := r.recorder.Snapshot()
		s.Title = r.title
		s.Status, s.Failure = ending(err)
		failure := errors.Join(writeTo(r.trace, s.WriteTrace), writeTo(r.page, func(w io.Writer) error { return report.Write(w, s) }))
		if failure == nil {
			return
		}
		failure = fmt.Errorf("cannot write the record of the run: %w", failure)
		if err == nil {
			err = &statusError{status: exitScript, err: failure}
			return
		}
		fmt.Fprintln(os.Stderr, "mitoscript: "+failure.Error())
	})
	return err
}

func writeTo(file *os.File, write func(io.Writer) error) error {
	if file == nil {
		return nil
	}
	return errors.Join(write(file), file.Close())
}

// ending is the exit status that an error stands for, and what people are told.
func ending(err error) (status int, text string) {
	if err == nil {
		return exitOK, ""
	}
	se := &statusError{status: exitUsage, err: err}
	errors.As(err, &se)
	if text = strings.TrimSpace(se.Error()); se.hint != "" {
		text += "\nhint: " + se.hint
	}
	if text == "" && se.status > 128 {
		text = fmt.Sprintf("ended by signal %d", se.status-128)
	}
	return se.status, text
}

// conduct does the work of a command, ends the tree in order, and says what ended it.
func (m *master) conduct(f *runFlags, what string, work func() error) error {
	m.log.watch(m.router)
	defer governThreads()()
	stop := m.catchSignals()
	defer stop()
	defer m.limit(f.timeout, what)()
	err := work()
	m.finish()
	if status := m.status.Load(); status >= 0 {
		err = endedError(int(status), what, err)
	} else if err == nil {
		err = m.printed.failure()
	}
	return m.record.write(err)
}

// endedError is that of work that something else than itself ended.
func endedError(status int, what string, err error) error {
	if status == exitTimeout {
		return &statusError{status: status, err: errors.New(what + " timed out")}
	}
	var se *statusError
	if status < 128 && errors.As(err, &se) && se.status == status {
		return err
	}
	return &statusError{status: status}
}
