package proc

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// process is the object that proc.start returns.
type process struct{ r *running }

func (h *Host) startProcess(_ context.Context, a *interp.Args) (value.Value, error) {
	o, err := h.read(a)
	if err != nil {
		return nil, err
	}
	o.piped = true
	r, err := h.start(o)
	if err != nil {
		return nil, err
	}
	return &process{r}, nil
}

// TypeName makes a process an interp.Object.
func (p *process) TypeName() string { return "Process" }

// AttrNames lists the attributes of a process.
func (p *process) AttrNames() []string {
	return []string{"close_stdin", "kill", "lines", "pid", "poll", "wait", "write"}
}

// Attr returns an attribute of a process.
func (p *process) Attr(name string) (value.Value, bool) {
	switch name {
	case "pid":
		return int64(p.r.cmd.Process.Pid), true
	case "wait":
		return &interp.Func{Name: name, Doc: "Closes stdin, waits for the end and returns the record that run returns.", Blocking: true,
			Params: []interp.Param{{Name: "timeout", Doc: "Seconds after which it is a TimeoutError; the process runs on."}},
			Impl:   p.wait}, true
	case "kill":
		return &interp.Func{Name: name, Doc: "Sends a signal to the process and its group.",
			Params: []interp.Param{signalParam()}, Impl: p.kill}, true
	case "poll":
		return &interp.Func{Name: name, Doc: "Returns the exit status, None while it runs.", Impl: p.poll}, true
	case "write":
		return &interp.Func{Name: name, Doc: "Writes to its stdin.", Blocking: true,
			Params: []interp.Param{{Name: "data", Doc: "Text or bytes.", Required: true}}, Impl: p.write}, true
	case "close_stdin":
		return &interp.Func{Name: name, Doc: "Closes its stdin.",
			Impl: func(context.Context, *interp.Args) (value.Value, error) { p.r.closeStdin(); return nil, nil }}, true
	case "lines":
		return &interp.Func{Name: name, Doc: "Iterates over the lines of its stdout as they come.",
			Impl: func(context.Context, *interp.Args) (value.Value, error) { return &lines{p.r.out}, nil }}, true
	}
	return nil, false
}

func (p *process) wait(ctx context.Context, a *interp.Args) (value.Value, error) {
	timeout, limited, err := a.Timeout("timeout")
	if err != nil {
		return nil, err
	}
	if limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout,
			value.Errorf(value.KindTimeout, "%s did not end within %s", p.r.show(), timeout))
		defer cancel()
	}
	if !p.r.o.hasInput {
		p.r.closeStdin()
	}
	select {
	case <-p.r.finished: // also when the time is up
		return p.r.result(), nil
	default:
	}
	select {
	case <-p.r.finished:
		return p.r.result(), nil
	case <-ctx.Done():
		return nil, value.AsError(context.Cause(ctx))
	}
}

func (p *process) poll(context.Context, *interp.Args) (value.Value, error) {
	select {
	case <-p.r.reaped:
		return p.r.code(), nil
	default:
		return nil, nil
	}
}

func (p *process) kill(_ context.Context, a *interp.Args) (value.Value, error) {
	sig, err := signalArg(a)
	if err != nil {
		return nil, err
	}
	select {
	case <-p.r.reaped:
		return nil, nil // its number may be another's by now
	default:
	}
	err = p.r.signal(sig)
	if errors.Is(err, unix.ESRCH) {
		return nil, nil
	}
	return nil, oserror.Wrap("signal", p.r.o.argv[0], err)
}

func (p *process) write(ctx context.Context, a *interp.Args) (value.Value, error) {
	data, err := a.Data("data")
	if err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- p.r.write(data) }() // ends with the process at the latest
	select {
	case err := <-done:
		return nil, oserror.Wrap("write to", p.r.o.argv[0], err)
	case <-ctx.Done():
		return nil, value.AsError(context.Cause(ctx))
	}
}

// lines is the iterator that Process.lines returns.
type lines struct{ s *stream }

// TypeName makes lines an interp.Object.
func (l *lines) TypeName() string { return "lines" }

// AttrNames is empty: lines are only iterated over.
func (l *lines) AttrNames() []string { return nil }

// Attr knows no attribute.
func (l *lines) Attr(string) (value.Value, bool) { return nil, false }

// Next waits for the next line.
func (l *lines) Next(ctx context.Context) (value.Value, bool, error) {
	for {
		wake, open := l.s.wait()
		if line, ok := l.s.line(); ok {
			return line, true, nil
		}
		if !open {
			return nil, false, nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, false, value.AsError(context.Cause(ctx))
		}
	}
}
