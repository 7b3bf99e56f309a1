package stdio

import (
	"bufio"
	"context"
	"io"
	"strings"
	"sync"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/fs"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// Module makes the module stdio. A nil out or err drops what is written.
func Module(r *Input, out, err io.Writer) *interp.Module {
	return &interp.Module{Name: "stdio", Doc: "Standard input and outputs.", Funcs: []*interp.Func{
		{Name: "read", Doc: "Returns all that is left of standard input as text.", Blocking: true,
			Impl: func(ctx context.Context, _ *interp.Args) (value.Value, error) {
				s, err := r.all(ctx)
				if err != nil {
					return nil, err
				}
				return s, nil
			}},
		{Name: "lines", Doc: "Returns the lines that are left of standard input, without their newlines, as a list.", Blocking: true,
			Impl: func(ctx context.Context, _ *interp.Args) (value.Value, error) {
				s, err := r.all(ctx)
				if err != nil {
					return nil, err
				}
				lines := value.List{}
				for _, l := range fs.SplitLines(s) {
					lines = append(lines, l)
				}
				return lines, nil
			}},
		writeFunc("write", "Writes text or bytes to standard output, without adding a newline.", "stdout", out),
		writeFunc("error", "Writes text or bytes to standard error, without adding a newline.", "stderr", err),
	}}
}

func writeFunc(name, doc, what string, w io.Writer) *interp.Func {
	return &interp.Func{Name: name, Doc: doc, Blocking: true,
		Params: []interp.Param{{Name: "text", Doc: "Text or bytes.", Required: true}},
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			text, err := a.Data("text")
			if err != nil || w == nil {
				return nil, err
			}
			_, err = io.WriteString(w, text)
			return nil, oserror.Wrap("write to", what, err)
		}}
}

// Input is standard input for all who read it: what one has in a buffer, another gets.
type Input struct {
	mu sync.Mutex
	in *bufio.Reader // guarded by mu
}

// NewInput makes an Input; a nil in is empty.
func NewInput(in io.Reader) *Input {
	if in == nil {
		in = strings.NewReader("")
	}
	return &Input{in: bufio.NewReader(in)}
}

// Use lets read have the input alone. A read of a terminal cannot be interrupted:
// when ctx ends first it goes on in the background, until there is input or the
// process ends.
func (i *Input) Use(ctx context.Context, read func(*bufio.Reader) error) error {
	done := make(chan error, 1)
	go func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		done <- read(i.in)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return value.AsError(context.Cause(ctx))
	}
}

func (i *Input) all(ctx context.Context) (string, error) {
	text := make(chan string, 1)
	err := i.Use(ctx, func(r *bufio.Reader) error {
		data, err := io.ReadAll(r)
		text <- string(data)
		return oserror.Wrap("read", "stdin", err)
	})
	if err != nil {
		return "", err
	}
	return <-text, nil
}
