package proc

import (
	"context"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// endGrace is the time between SIGTERM and SIGKILL for a program whose time is over.
const endGrace = time.Second

func (h *Host) run(ctx context.Context, a *interp.Args) (value.Value, error) {
	r, err := h.complete(ctx, a)
	if err != nil {
		return nil, err
	}
	return r.result(), nil
}

func (h *Host) output(ctx context.Context, a *interp.Args) (value.Value, error) {
	r, err := h.complete(ctx, a)
	if err != nil {
		return nil, err
	}
	return strings.TrimSuffix(r.out.all(), "\n"), nil
}

// complete starts a program, waits for its end and, with check, looks at it.
func (h *Host) complete(ctx context.Context, a *interp.Args) (*running, error) {
	o, err := h.read(a)
	if err != nil {
		return nil, err
	}
	var r *running
	a.Unlocked(func() { r, err = h.start(o) })
	if err != nil || o.detach {
		return r, err
	}
	if o.hasTimeout {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout,
			value.Errorf(value.KindTimeout, "%s did not end within %s", r.show(), o.timeout))
		defer cancel()
	}
	if o.onLine != nil {
		err = r.follow(ctx, a)
	} else {
		a.Unlocked(func() { err = r.wait(ctx) })
	}
	if err == nil && o.check {
		err = r.failure()
	}
	return r, err
}

// wait waits for the end of the program; if ctx ends first, it ends the group.
func (r *running) wait(ctx context.Context) error {
	select {
	case <-r.finished:
		return nil
	case <-ctx.Done():
		r.end(endGrace)
		return r.interrupted(ctx)
	}
}

func (r *running) interrupted(ctx context.Context) error {
	cause := value.AsError(context.Cause(ctx))
	if cause.Kind != value.KindTimeout {
		return cause
	}
	return r.withOutput(cause)
}

// follow gives lines to on_line, on the calling thread, while the program runs.
func (r *running) follow(ctx context.Context, a *interp.Args) error {
	streams := []*stream{r.out}
	if r.err != nil {
		streams = append(streams, r.err)
	}
	for {
		wake, open := r.anyChange(streams)
		took := false
		for _, s := range streams {
			line, ok := s.line()
			if !ok {
				continue
			}
			took = true
			if err := r.o.onLine(ctx, s.name, line); err != nil {
				a.Unlocked(func() { r.end(endGrace) })
				return err
			}
		}
		var err error
		switch {
		case ctx.Err() != nil:
			a.Unlocked(func() { r.end(endGrace) })
			return r.interrupted(ctx)
		case took:
		case open:
			a.Unlocked(func() { awaitAny(ctx, wake) })
		default:
			a.Unlocked(func() { err = r.wait(ctx) })
			return err
		}
	}
}

// anyChange returns what tells of the next change of each stream; open is
// false when all have ended.
func (r *running) anyChange(streams []*stream) (wake [2]<-chan struct{}, open bool) {
	for i, s := range streams {
		c, more := s.wait()
		if more {
			wake[i], open = c, true
		}
	}
	return wake, open
}

func awaitAny(ctx context.Context, wake [2]<-chan struct{}) {
	select {
	case <-wake[0]:
	case <-wake[1]:
	case <-ctx.Done():
	}
}

// result is the record that run and wait return.
func (r *running) result() *value.Struct {
	if r.o.detach {
		return &value.Struct{Name: "process", Fields: []value.Field{
			{Name: "code", Value: nil}, {Name: "stdout", Value: ""}, {Name: "stderr", Value: ""}, {Name: "ok", Value: true},
			{Name: "seconds", Value: 0.0}, {Name: "cmd", Value: r.o.given}, {Name: "pid", Value: int64(r.cmd.Process.Pid)},
		}}
	}
	code := r.code()
	return &value.Struct{Name: "process", Fields: []value.Field{
		{Name: "code", Value: code}, {Name: "stdout", Value: r.out.all()}, {Name: "stderr", Value: r.errText()},
		{Name: "ok", Value: code == 0}, {Name: "seconds", Value: r.seconds}, {Name: "cmd", Value: r.o.given},
	}}
}

func (r *running) errText() string {
	if r.err == nil {
		return ""
	}
	return r.err.all()
}

// failure is the ProcessError of a status other than 0, else nil.
func (r *running) failure() error {
	code := r.code()
	if code == 0 {
		return nil
	}
	text := "cannot run " + r.show() + ": " + why(code)
	if last := lastLine(r.errText()); last != "" {
		text += ": " + last
	}
	return r.withOutput(value.Errorf(value.KindProcess, "%s", text)).With("code", code)
}

func (r *running) withOutput(e *value.Error) *value.Error {
	return e.With("cmd", r.o.given).With("stdout", r.out.all()).With("stderr", r.errText())
}

// The longest command and the longest line that a text quotes, in bytes.
const (
	maxShown = 200
	maxQuote = 300
)

func (r *running) show() string {
	if len(r.o.shown) > maxShown {
		return strings.ToValidUTF8(r.o.shown[:maxShown], "") + "…"
	}
	return r.o.shown
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	s = s[strings.LastIndexByte(s, '\n')+1:]
	if len(s) > maxQuote {
		s = s[:maxQuote] + "…"
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "\ufffd"))
}
