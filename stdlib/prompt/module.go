package prompt

import (
	"context"
	"strings"
	"sync"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Terminal is where a person is asked.
type Terminal interface {
	// Ask writes a question and reads a line, without its newline; a hidden one is
	// not shown while it is typed. The end of input is an error; the end of ctx ends
	// the wait.
	Ask(ctx context.Context, question string, hidden bool) (string, error)
	// Close puts the terminal back as it was.
	Close() error
}

// asker asks one question at a time.
type asker struct {
	turn sync.Mutex
	open func() (Terminal, error) // nil in a child
}

// Module makes the module prompt. open gives the terminal for one question; nil
// refuses all, as children do.
func Module(open func() (Terminal, error)) *interp.Module {
	a := &asker{open: open}
	text := interp.Param{Name: "text", Doc: "The question.", Required: true}
	const local = "only the master asks"
	fn := func(name, doc string, impl func(context.Context, *interp.Args, Terminal) (value.Value, error), params ...interp.Param) *interp.Func {
		return &interp.Func{Name: name, Doc: doc + " Without a terminal, and outside the master, an Error.", Blocking: true, NoTarget: local,
			Params: append([]interp.Param{text}, params...),
			Impl: func(ctx context.Context, args *interp.Args) (value.Value, error) {
				return a.with(args, func(t Terminal) (value.Value, error) { return impl(ctx, args, t) })
			}}
	}
	return &interp.Module{Name: "prompt", Doc: "Questions to the person at the master's terminal.", Funcs: []*interp.Func{
		fn("ask", "Returns the line that a person types.", ask,
			interp.Param{Name: "default", Doc: "The answer that an empty line stands for; without one it is asked again."}),
		fn("password", "Returns the line that a person types unseen, as a Secret.", password),
		fn("confirm", "Reports whether a person says yes.", confirm,
			interp.Param{Name: "default", Doc: "What an empty line stands for.", Default: false}),
		fn("choose", "Returns the one of the options that a person chooses, by its number or text.", choose,
			interp.Param{Name: "options", Doc: "A list; its items are shown as text.", Required: true}),
	}}
}

func (a *asker) with(args *interp.Args, ask func(Terminal) (value.Value, error)) (value.Value, error) {
	if a.open == nil {
		return nil, args.Errorf("only the master can ask: a child has no terminal")
	}
	a.turn.Lock()
	defer a.turn.Unlock()
	t, err := a.open()
	if err != nil {
		return nil, args.Errorf("cannot ask without a terminal: %s", err)
	}
	v, err := ask(t)
	if e := t.Close(); err == nil && e != nil {
		err = e
	}
	if err != nil && value.AsError(err).Kind == value.KindError {
		return nil, args.Errorf("cannot ask: %s", strings.TrimPrefix(err.Error(), args.Func.Qualified()+": "))
	}
	return v, err
}
