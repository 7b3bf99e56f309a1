package mitogen

import (
	"context"
	"log/slog"
	"strings"
	"unicode/utf8"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// LogRecord is a log record of another context.
type LogRecord struct {
	// Context is the name of the context, Source its id.
	Context string
	Source  uint32
	// Logger is the record's own logger, "" for that of the context.
	Logger string
	Level  slog.Level
	Text   string
	// Bar is set if the record is a report of a progress bar, whose title is Text.
	Bar *BarReport
}

// BarReport says how far a bar of a context is.
type BarReport struct {
	// ID tells the bars of one context apart.
	ID int64
	// Done of Total are done; a Total of 0 or less is not known.
	Done, Total int64
	// Finished is set in the last report of a bar.
	Finished bool
}

// ForwardLog sends a record to the master. The data of FORWARD_LOG is [logger,
// level, text], for a report of a bar [logger, level, title, id, done, total,
// finished]. Without wait it never waits for a link, as a reader must not: what others
// make this context log is lost where too much of it waits.
func (r *Router) ForwardLog(rec LogRecord, wait bool) {
	items := value.List{rec.Logger, int64(rec.Level), strings.ToValidUTF8(rec.Text, string(utf8.RuneError))}
	if b := rec.Bar; b != nil {
		items = append(items, b.ID, b.Done, b.Total, b.Finished)
	}
	data, err := codec.Encode(items)
	if err != nil {
		return
	}
	f := &wire.Frame{Src: r.id, Auth: r.id, Handle: wire.ForwardLog, Data: data}
	if r.IsMaster() {
		r.deliver(&Message{Frame: *f})
		return
	}
	r.mu.Lock()
	up := r.parentStream
	r.mu.Unlock()
	if up == nil {
		return // a record that has nowhere to go is lost with its link
	}
	u := lossy
	if wait {
		u = waits // at once: they may be the last words of a process
	}
	_ = up.send(f, u) // not by Router.send, which logs what it cannot send
}

// OnLog calls fn, on a reader's goroutine and in order, with each record that
// contexts below forward. It is for the master.
func (r *Router) OnLog(fn func(LogRecord)) error {
	_, err := r.AddHandler(Handler{Handle: wire.ForwardLog, Func: func(m *Message) {
		if m.IsDead() {
			return
		}
		rec, err := decodeLog(m)
		if err != nil {
			r.log.Warn("malformed log record", "src_id", m.Src, "reason", err)
			return
		}
		rec.Source, rec.Context = m.Src, r.contextName(m.Src)
		fn(rec)
	}})
	return err
}

func (r *Router) contextName(id uint32) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.names[id]
}

func decodeLog(m *Message) (LogRecord, error) {
	v, err := m.Decode()
	if err != nil {
		return LogRecord{}, err
	}
	items, _ := v.(value.List)
	if len(items) != 3 && len(items) != 7 {
		return LogRecord{}, errorf("want [logger, level, text]")
	}
	logger, ok := items[0].(string)
	level, ok2 := items[1].(int64)
	text, ok3 := items[2].(string)
	if !ok || !ok2 || !ok3 {
		return LogRecord{}, errorf("want [logger, level, text]")
	}
	rec := LogRecord{Logger: logger, Level: slog.Level(level), Text: text}
	if len(items) == 3 {
		return rec, nil
	}
	id, ok := items[3].(int64)
	done, ok2 := items[4].(int64)
	total, ok3 := items[5].(int64)
	finished, ok4 := items[6].(bool)
	if !ok || !ok2 || !ok3 || !ok4 {
		return LogRecord{}, errorf("want [logger, level, title, id, done, total, finished]")
	}
	rec.Bar = &BarReport{ID: id, Done: done, Total: total, Finished: finished}
	return rec, nil
}

// LogHandler is a slog.Handler that forwards records to the master.
type LogHandler struct {
	router *Router
	level  slog.Leveler
	attrs  string
}

// NewLogHandler forwards r's records from level on. r may be set later.
func NewLogHandler(level slog.Leveler) *LogHandler { return &LogHandler{level: level} }

// SetRouter says by which router records go; records before it are lost.
func (h *LogHandler) SetRouter(r *Router) { h.router = r }

// Enabled reports whether records of the level are forwarded.
func (h *LogHandler) Enabled(_ context.Context, level slog.Level) bool {
	return h.router != nil && level >= h.level.Level()
}

// Handle forwards a record; its attributes become part of the text.
func (h *LogHandler) Handle(_ context.Context, rec slog.Record) error {
	var b strings.Builder
	b.WriteString(rec.Message)
	b.WriteString(h.attrs)
	rec.Attrs(func(a slog.Attr) bool {
		appendAttr(&b, a)
		return true
	})
	h.router.ForwardLog(LogRecord{Level: rec.Level, Text: b.String()}, false)
	return nil
}

// WithAttrs returns a handler whose records have the attributes too.
func (h *LogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	var b strings.Builder
	for _, a := range attrs {
		appendAttr(&b, a)
	}
	c.attrs += b.String()
	return &c
}

// WithGroup returns h: groups are not shown.
func (h *LogHandler) WithGroup(string) slog.Handler { return h }

func appendAttr(b *strings.Builder, a slog.Attr) {
	b.WriteString(" " + a.Key + "=" + a.Value.Resolve().String())
}
