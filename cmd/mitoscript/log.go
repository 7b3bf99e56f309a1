//go:build !child

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/child"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/mito"
)

// masterLog writes the log of the whole tree, one record after another.
type masterLog struct {
	own     slog.Level // from where on our own records are shown; guarded by mu
	scripts slog.Level // from where on those of scripts and children are; guarded by mu

	mu   sync.Mutex
	w    io.Writer // guarded by mu
	usec bool      // guarded by mu
	json bool      // records are lines of JSON

	switches parent.Switches

	frames  mitogen.FrameLog
	io      atomic.Bool // frames are shown
	debug   child.DebugLog
	profile child.Profile
	// noted is told of each record that is shown, and of which context it is; nil for
	// nobody. It is set before the first.
	noted func(context string, level slog.Level, text string)

	// What the command line or the environment said, scripts do not change: the
	// levels, the file, that frames and microseconds are shown.
	fixed, fixedFile, fixedIO, fixedUsec bool
}

// redirect is what a script asks for by log_to_file.
func (l *masterLog) redirect(to mito.LogFile) error {
	level, err := parseLevel(to.Level)
	if err != nil {
		return value.Errorf(value.KindValue, "log_to_file: %w", err)
	}
	var w io.Writer = os.Stderr
	if to.Path != "" && !l.fixedFile {
		file, err := os.OpenFile(to.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return value.Errorf(value.KindOS, "log_to_file: %w", err)
		}
		w = file // open until the end of the process, as is the log
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.fixedIO {
		l.showFrames(to.IO && !(l.fixed && l.own >= slog.LevelError))
	}
	l.usec = l.fixedUsec || to.Usec
	if !l.fixedFile {
		l.w = w
	}
	if !l.fixed {
		l.own, l.scripts = level, level
	}
	return nil
}

// newLog makes the log that the flags, or else the environment, ask for.
func newLog(f *runFlags) (*masterLog, func() error, error) {
	l := &masterLog{own: slog.LevelWarn, scripts: slog.LevelInfo, w: os.Stderr, fixed: true}
	switch f.logFormat {
	case "", "text": // "" is that of a command without the flag
	case "json":
		l.json = true
	default:
		return nil, nil, usageError("--log-format %s: want text or json", f.logFormat)
	}
	var err error
	if l.switches, err = parent.ReadSwitches(os.Getenv); err != nil {
		return nil, nil, usageError("%w", err)
	}
	l.fixedUsec = os.Getenv("MITOGEN_LOG_USEC") != ""
	l.usec = l.fixedUsec
	switch {
	case f.quiet:
		l.own, l.scripts = slog.LevelError, slog.LevelError
	case f.verbose > 2:
		l.own, l.scripts = transport.LevelTrace, slog.LevelDebug
	case f.verbose > 1:
		l.own, l.scripts = slog.LevelDebug, slog.LevelDebug
	case f.verbose == 1:
		l.own = slog.LevelInfo
	case os.Getenv("MITOGEN_LOG_LEVEL") != "":
		level, err := parseLevel(os.Getenv("MITOGEN_LOG_LEVEL"))
		if err != nil {
			return nil, nil, usageError("MITOGEN_LOG_LEVEL: %w", err)
		}
		l.own, l.scripts = level, level
	default:
		l.fixed = false
	}
	if !f.quiet && (f.verbose > 2 || os.Getenv("MITOGEN_LOG_IO") != "" || strings.EqualFold(os.Getenv("MITOGEN_LOG_LEVEL"), "IO")) {
		l.fixedIO = true
		l.showFrames(true)
	}
	if f.logFile == "" {
		return l, func() error { return nil }, nil
	}
	file, err := os.OpenFile(f.logFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, usageError("cannot write the log: %w", err)
	}
	l.w, l.fixedFile = file, true
	return l, file.Close, nil
}

// writeTo makes w take the log.
func (l *masterLog) writeTo(w io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.w = w
}

// showFrames adds a record for every frame, or no longer does.
func (l *masterLog) showFrames(on bool) {
	l.io.Store(on)
	if on {
		l.frames.Set(l.frame)
	}
}

func (l *masterLog) frame(text string) {
	l.debug.Write(slog.LevelDebug, text)
	if l.io.Load() {
		l.write(logRecord{level: slog.LevelDebug, logger: "mitogen.io", text: text})
	}
}

// enableDebug writes all records and frames of this process to its debug log.
func (l *masterLog) enableDebug() error {
	if err := l.debug.Enable(); err != nil {
		return value.Errorf(value.KindOS, "%w", err)
	}
	l.frames.Set(l.frame)
	return nil
}

// watch does for this process what the switches say. r is the router whose state is told
// with stacks. What cannot be done is logged: the work goes on without.
func (l *masterLog) watch(r *mitogen.Router) {
	if l.switches.Stacks > 0 {
		child.WatchStacks(l.switches.Stacks, r.State)
	}
	var failed error
	if l.switches.Trace != "" {
		failed = child.TraceFrames(l.switches.Trace, "master", &l.frames)
	}
	if l.switches.Profile != "" {
		failed = errors.Join(failed, l.startProfile())
	}
	if failed != nil {
		l.write(logRecord{level: slog.LevelWarn, logger: "mitogen", text: failed.Error()})
	}
}

// startProfile measures this process until it ends.
func (l *masterLog) startProfile() error { return l.profile.Start("master", l.switches.Profile) }

// childLevel is what children are told when they are made.
type childLevel struct{ log *masterLog }

// Level is the lowest that is shown.
func (c childLevel) Level() slog.Level {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	return min(c.log.own, c.log.scripts)
}

// write writes a record.
func (l *masterLog) write(rec logRecord) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	line := ""
	if l.json {
		line = rec.json(now)
	} else {
		line = rec.lines(now, l.usec)
	}
	_, _ = io.WriteString(l.w, line)
}

// forwarded writes a record of a child.
func (l *masterLog) forwarded(rec mitogen.LogRecord) {
	if !l.shows(rec.Level, false) {
		return
	}
	logger := "mitogen.ctx." + rec.Context
	if rec.Logger != "" {
		logger += "." + rec.Logger
	}
	l.write(logRecord{level: rec.Level, logger: logger, context: rec.Context, text: rec.Text})
	if l.noted != nil {
		l.noted(rec.Context, rec.Level, rec.Text)
	}
}

// keepClear makes records go through what keeps them clear of progress bars, where
// both stand on one terminal.
func (l *masterLog) keepClear(through func(io.Writer) io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.w = through(l.w)
}

// shows reports whether records of the level are written.
func (l *masterLog) shows(level slog.Level, own bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if own {
		return level >= l.own
	}
	return level >= l.scripts
}

// handler gives a slog.Handler for records of this process: our own, or the script's.
func (l *masterLog) handler(logger string, own bool) slog.Handler {
	return l.debug.Handler(&logHandler{log: l, logger: logger, own: own})
}

type logHandler struct {
	log    *masterLog
	logger string
	own    bool
	attrs  []slog.Attr
}

func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return h.log.shows(level, h.own)
}

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	rec := logRecord{level: r.Level, logger: h.logger, text: r.Message, attrs: slices.Clone(h.attrs)}
	r.Attrs(func(a slog.Attr) bool { rec.attrs = append(rec.attrs, a); return true })
	h.log.write(rec)
	if h.log.noted != nil {
		h.log.noted("", r.Level, rec.message())
	}
	return nil
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = append(slices.Clone(h.attrs), attrs...)
	return &c
}

func (h *logHandler) WithGroup(string) slog.Handler { return h }
