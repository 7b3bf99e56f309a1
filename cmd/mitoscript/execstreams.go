//go:build !child

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

const (
	// maxKept bounds what is kept of the output of one host, in bytes.
	maxKept = 64 << 20
	// maxLine is how long a line may be that stands behind a host's name, in bytes; a
	// longer one becomes several.
	maxLine = 64 << 10
)

// result is what became of the command on one host.
type result struct {
	outcome
	host           string
	ran            bool // the command ended by itself
	code           int  // as a shell has it
	stdout, stderr kept
}

// kept is output that is shown when the command has ended.
type kept struct{ bytes.Buffer }

func (k *kept) Write(data []byte) (int, error) {
	if k.Len()+len(data) > maxKept {
		return 0, fmt.Errorf("it prints more than the %d MiB that are kept: use -o text, or -o none with --outdir", maxKept>>20)
	}
	return k.Buffer.Write(data)
}

// outputs are where the output of one host goes.
type outputs struct {
	stdout, stderr *tee
	ends           []func() error
}

// tee writes to several, and keeps the first error.
type tee struct {
	to  []io.Writer
	err error
}

func (t *tee) Write(data []byte) (int, error) {
	for _, w := range t.to {
		if _, err := w.Write(data); err != nil {
			t.err = err
			return 0, err
		}
	}
	return len(data), nil
}

// close ends lines and files, and gives the error of any of the outputs.
func (o *outputs) close() error {
	errs := []error{o.stdout.err, o.stderr.err}
	for _, end := range o.ends {
		errs = append(errs, end())
	}
	if err := errors.Join(errs...); err != nil {
		return value.Errorf(value.KindOS, "%w", err)
	}
	return nil
}

// streams makes the outputs of a host.
func (x *execution) streams(r *result) (*outputs, error) {
	o := &outputs{stdout: &tee{}, stderr: &tee{}}
	for _, s := range []struct {
		tee   *tee
		kept  *kept
		print io.Writer
		color palette
		ext   string
	}{{o.stdout, &r.stdout, x.stdout, x.shape.stdout, ".out"}, {o.stderr, &r.stderr, x.stderr, x.shape.stderr, ".err"}} {
		switch {
		case x.format.keep:
			s.tee.to = append(s.tee.to, s.kept)
		case x.format.live && x.single:
			s.tee.to = append(s.tee.to, s.print)
		case x.format.live:
			lines := &lineWriter{x: x, w: s.print, head: s.color.paint(cyan, printable(r.host)+":") + " "}
			s.tee.to = append(s.tee.to, lines)
			o.ends = append(o.ends, lines.end)
		}
		if x.job.outdir == "" {
			continue
		}
		f, err := os.Create(filepath.Join(x.job.outdir, fileName(r.host)+s.ext))
		if err != nil {
			return nil, errors.Join(err, o.close())
		}
		s.tee.to = append(s.tee.to, f)
		o.ends = append(o.ends, f.Close)
	}
	return o, nil
}

// fileName is a host's name as that of a file.
func fileName(host string) string { return strings.ReplaceAll(host, "/", "_") }

// lineWriter writes whole lines, each behind the host's name.
type lineWriter struct {
	x    *execution
	w    io.Writer
	head string
	rest []byte // of a line that is not complete
}

func (l *lineWriter) Write(data []byte) (int, error) {
	var out []byte
	for line := range bytes.Lines(data) {
		if line[len(line)-1] != '\n' {
			l.rest = append(l.rest, line...)
			for len(l.rest) > maxLine {
				out = append(append(append(out, l.head...), l.rest[:maxLine]...), '\n')
				l.rest = l.rest[maxLine:]
			}
			break
		}
		out = append(append(append(out, l.head...), l.rest...), line...)
		l.rest = l.rest[:0]
	}
	return len(data), l.print(out)
}

// end prints what has no end of line.
func (l *lineWriter) end() error {
	if len(l.rest) == 0 {
		return nil
	}
	return l.print(append(append([]byte(l.head), l.rest...), '\n'))
}

func (l *lineWriter) print(out []byte) error {
	if len(out) == 0 {
		return nil
	}
	l.x.mu.Lock()
	defer l.x.mu.Unlock()
	_, err := l.w.Write(out)
	return err
}
