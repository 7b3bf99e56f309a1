package child

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
)

// The folder of debug logs and profiles, and how many files of one name it may have.
const (
	dumpDir  = "/tmp"
	maxDumps = 100
)

// createDump makes a new file that its owner only may read. Others may be able to write
// to the folder: a file or a link that is there already is never opened.
func createDump(dir, stem, extension string) (*os.File, error) {
	name := stem + extension
	for n := 1; ; n++ {
		file, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) || n == maxDumps {
			return file, err
		}
		name = fmt.Sprintf("%s.%d%s", stem, n, extension)
	}
}

// DebugLog writes what is logged in this process, from debug level on, to
// /tmp/mitogen.PID.log once it is enabled. The zero value is not.
type DebugLog struct {
	mu   sync.Mutex
	file *os.File // nil until enabled
}

// Enable makes the file; once it is there it does nothing.
func (d *DebugLog) Enable() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file != nil {
		return nil
	}
	file, err := createDump(dumpDir, fmt.Sprintf("mitogen.%d", os.Getpid()), ".log")
	if err != nil {
		return fmt.Errorf("cannot make the debug log: %w", err)
	}
	d.file = file // open until the end of the process
	return nil
}

// Write adds a line, if the log is enabled.
func (d *DebugLog) Write(level slog.Level, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file != nil {
		_, _ = fmt.Fprintf(d.file, "%s %s %s\n", time.Now().Format("15:04:05.000000"), level, text) // a full disk ends nothing
	}
}

func (d *DebugLog) enabled() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.file != nil
}

// Handler gives records to next, and to the file.
func (d *DebugLog) Handler(next slog.Handler) slog.Handler { return &debugHandler{log: d, next: next} }

type debugHandler struct {
	log   *DebugLog
	next  slog.Handler
	attrs []slog.Attr
}

func (h *debugHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level) || level >= slog.LevelDebug && h.log.enabled()
}

func (h *debugHandler) Handle(ctx context.Context, rec slog.Record) error {
	if h.log.enabled() {
		var b strings.Builder
		b.WriteString(rec.Message)
		add := func(a slog.Attr) bool { b.WriteString(" " + a.Key + "=" + a.Value.Resolve().String()); return true }
		for _, a := range h.attrs {
			add(a)
		}
		rec.Attrs(add)
		h.log.Write(rec.Level, b.String())
	}
	if !h.next.Enabled(ctx, rec.Level) {
		return nil
	}
	return h.next.Handle(ctx, rec)
}

func (h *debugHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.next = h.next.WithAttrs(attrs)
	c.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return &c
}

func (h *debugHandler) WithGroup(name string) slog.Handler {
	c := *h
	c.next = h.next.WithGroup(name)
	return &c
}

// Profile is a CPU profile of this process. The zero value is not started.
type Profile struct {
	mu   sync.Mutex
	name string
	dir  string
	data bytes.Buffer
	runs bool
}

// Start begins to measure; once begun it does nothing. name is the context's, dir where
// the profile is written, "" for /tmp.
func (p *Profile) Start(name, dir string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs {
		return nil
	}
	if err := pprof.StartCPUProfile(&p.data); err != nil {
		return fmt.Errorf("cannot start the profile: %w", err)
	}
	p.name, p.dir, p.runs = name, cmp.Or(dir, dumpDir), true
	return nil
}

// End writes what was measured to DIR/mitogen.stats.PID.NAME.pprof, if it was started.
func (p *Profile) End() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.runs {
		return nil
	}
	p.runs = false
	pprof.StopCPUProfile()
	file, err := createIn(p.dir, fmt.Sprintf("mitogen.stats.%d.%s", os.Getpid(), fileName(p.name)), ".pprof")
	if err == nil {
		_, err = file.Write(p.data.Bytes())
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return fmt.Errorf("cannot write the profile: %w", err)
	}
	return nil
}

// fileName keeps what is harmless in the name of a file.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return '_'
	}, name[:min(len(name), 100)])
}
