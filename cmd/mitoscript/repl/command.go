package repl

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// command is one that the prompt itself understands: ":name argument".
type command struct {
	name, arg, doc string
	run            func(s *Session, ctx context.Context, arg string) error
}

// commands are in the order of :help.
func commands() []command {
	return []command{
		{"contexts", "", "shows the tree of contexts", (*Session).showContexts},
		{"lang", "star|lua", "changes the language; each keeps its own names", (*Session).changeLang},
		{"load", "FILE", "runs a file; what it defines stays", (*Session).loadFile},
		{"time", "EXPR", "runs code and tells how long it took", (*Session).timed},
		{"help", "", "shows this list", (*Session).help},
		{"quit", "", "leaves, as Ctrl-D does", func(*Session, context.Context, string) error { return errQuit }},
	}
}

func isCommand(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, ":") && !strings.HasPrefix(text, "::") || strings.HasPrefix(text, "?")
}

func (s *Session) command(ctx context.Context, text string) error {
	if name, isHelp := strings.CutPrefix(text, "?"); isHelp {
		return s.describe(ctx, strings.TrimSpace(name))
	}
	name, arg, _ := strings.Cut(text[1:], " ")
	arg = strings.TrimSpace(arg)
	for _, c := range commands() {
		if c.name != name {
			continue
		}
		if c.arg != "" && arg == "" {
			return value.Errorf(value.KindValue, ":%s wants %s", c.name, c.arg)
		}
		return c.run(s, ctx, arg)
	}
	return value.Errorf(value.KindValue, "there is no command :%s (:help lists them)", name)
}

func (s *Session) help(context.Context, string) error {
	for _, c := range commands() {
		fmt.Fprintf(s.opts.Out, "  %-16s %s\n", strings.TrimSpace(":"+c.name+" "+c.arg), c.doc)
	}
	fmt.Fprintf(s.opts.Out, "  %-16s %s\n", "?NAME", "shows what a name stands for")
	fmt.Fprintf(s.opts.Out, "  %-16s %s\n", "_", "is the last value")
	return nil
}

func (s *Session) changeLang(_ context.Context, arg string) error {
	if arg == "star" {
		arg = "starlark"
	}
	return s.use(arg)
}

func (s *Session) loadFile(ctx context.Context, arg string) error { return s.load(ctx, arg) }

func (s *Session) timed(ctx context.Context, arg string) error {
	took := s.run(ctx, s.lang, s.source(arg+"\n"))
	fmt.Fprintln(s.opts.Out, took.Round(10*time.Microsecond))
	return nil
}

// showContexts draws the tree of contexts.
func (s *Session) showContexts(context.Context, string) error {
	r := s.opts.Router
	below := map[uint32][]*mitogen.Context{}
	for _, c := range r.Contexts() {
		above := r.ID()
		if c.Via != nil {
			above = c.Via.ID()
		}
		below[above] = append(below[above], c)
	}
	fmt.Fprintln(s.opts.Out, r.Name())
	s.drawBelow(below, r.ID(), "")
	return nil
}

func (s *Session) drawBelow(below map[uint32][]*mitogen.Context, id uint32, indent string) {
	children := below[id]
	slices.SortFunc(children, func(a, b *mitogen.Context) int { return int(a.ID()) - int(b.ID()) })
	for i, c := range children {
		branch, deeper := "├─ ", "│  "
		if i == len(children)-1 {
			branch, deeper = "└─ ", "   "
		}
		fmt.Fprintf(s.opts.Out, "%s%s%s (%d)\n", indent, branch, c.Name(), c.ID())
		s.drawBelow(below, c.ID(), indent+deeper)
	}
}
