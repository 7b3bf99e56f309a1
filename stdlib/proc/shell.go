package proc

import (
	"context"
	"io"
	"os"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// shellOptions run a line as C's system does: with the streams of this context.
func shellOptions(line string) options {
	return options{
		given: line, argv: []string{"/bin/sh", "-c", line}, shown: line, env: os.Environ(), inherit: true,
	}
}

// Shell runs a line by /bin/sh, with the streams of this context, and returns its
// exit status; 128+N if signal N ended it. When ctx ends, so does the line.
func (h *Host) Shell(ctx context.Context, line string) (int64, error) {
	r, err := h.start(shellOptions(line))
	if err == nil {
		err = r.wait(ctx)
	}
	if err != nil {
		return 0, err
	}
	return r.status(), nil
}

// status is the exit status as a shell tells it.
func (r *running) status() int64 {
	if code := r.code(); code < 0 {
		return 128 - code
	}
	return r.code()
}

// Pipe is one end of a line of shell that runs; see Host.Pipe.
type Pipe struct {
	r *running
	// reads is our end of its stdout, nil for one that is written to.
	reads *os.File
}

// Pipe starts a line by /bin/sh whose stdout is read or, with write, whose stdin
// is written.
func (h *Host) Pipe(line string, write bool) (*Pipe, error) {
	o := shellOptions(line)
	o.piped, o.tapped = write, !write
	r, err := h.start(o)
	if err != nil {
		return nil, err
	}
	return &Pipe{r, r.tap}, nil
}

// Read reads what the line prints.
func (p *Pipe) Read(b []byte) (int, error) {
	if p.reads == nil {
		return 0, os.ErrInvalid
	}
	n, err := p.reads.Read(b)
	if err != nil && err != io.EOF {
		err = oserror.Wrap("read from", p.r.show(), err)
	}
	return n, err
}

// Write gives the line input.
func (p *Pipe) Write(b []byte) (int, error) {
	if err := p.r.write(string(b)); err != nil {
		return 0, oserror.Wrap("write to", p.r.show(), err)
	}
	return len(b), nil
}

// Close closes our end and waits for the end of the line, whose exit status it
// returns. When ctx ends first, the line is ended.
func (p *Pipe) Close(ctx context.Context) (int64, error) {
	if p.reads != nil {
		_ = p.reads.Close()
	}
	p.r.closeStdin()
	if err := p.r.wait(ctx); err != nil {
		return 0, value.AsError(err)
	}
	return p.r.status(), nil
}
