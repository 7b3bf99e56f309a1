package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Options say what a Session runs in. All but Banner and Explain are required.
type Options struct {
	Host   *interp.Host
	Router *mitogen.Router
	// Lang is the language at the start: "starlark" or "lua".
	Lang string
	// Input gives the lines.
	Input Input
	// Out takes values, Err errors.
	Out, Err io.Writer
	// Banner is said first.
	Banner string
	// Explain gives the documentation of a library name ("fs.read"); it may be nil.
	Explain func(name string) (text string, ok bool)
}

// Input gives the lines of a Session.
type Input interface {
	// ReadLine shows the prompt and returns the next line, or several that came at
	// once: pasted. The error is ErrInterrupt after Ctrl-C, io.EOF at the end.
	ReadLine(prompt string) (lines string, err error)
	// Remember adds a piece to the history.
	Remember(piece string)
	// Width is the terminal's, in columns; 0 if there is none.
	Width() int
}

// ErrInterrupt is Ctrl-C at the prompt.
var ErrInterrupt = errors.New("interrupted")

// errQuit is what :quit ends with.
var errQuit = errors.New("quit")

// Session is one run of the prompt.
type Session struct {
	opts Options
	lang interp.Explorer

	mu     sync.Mutex
	count  int                     // pieces so far; guarded by mu
	cancel context.CancelCauseFunc // of the piece that runs; guarded by mu
}

// New makes a Session.
func New(o Options) (*Session, error) {
	s := &Session{opts: o}
	return s, s.use(o.Lang)
}

func (s *Session) use(lang string) error {
	in, err := s.opts.Host.Interp(lang)
	if err != nil {
		return err
	}
	explorer, ok := in.(interp.Explorer)
	if !ok {
		return value.Errorf(value.KindError, "the language %s has no prompt", lang)
	}
	s.lang = explorer
	return nil
}

// Run reads and runs pieces until the input or ctx ends.
func (s *Session) Run(ctx context.Context) error {
	if s.opts.Banner != "" {
		fmt.Fprintln(s.opts.Out, s.opts.Banner)
	}
	for ctx.Err() == nil {
		piece, err := s.readPiece()
		switch {
		case errors.Is(err, ErrInterrupt):
			continue
		case errors.Is(err, io.EOF) && piece == "":
			return nil
		case err != nil && !errors.Is(err, io.EOF):
			return err
		}
		if strings.TrimSpace(piece) == "" {
			continue
		}
		s.opts.Input.Remember(strings.TrimRight(piece, "\n"))
		if err := s.piece(ctx, piece); errors.Is(err, errQuit) {
			return nil
		}
	}
	return nil
}

// Interrupt cancels the piece that runs; false if none does.
func (s *Session) Interrupt() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel == nil {
		return false
	}
	s.cancel(value.Errorf(value.KindCancelled, "interrupted"))
	return true
}

// readPiece reads lines until they are a whole piece, or the input ends.
func (s *Session) readPiece() (string, error) {
	prompt := s.prompt()
	text := ""
	for {
		lines, err := s.opts.Input.ReadLine(prompt)
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if lines != "" || err == nil {
			text += lines + "\n"
		}
		if err != nil {
			return text, err
		}
		if isCommand(text) || strings.TrimSpace(text) == "" || !s.unfinished(text) {
			return text, nil
		}
		prompt = strings.Repeat(".", len(prompt)-1) + " "
	}
}

func (s *Session) prompt() string {
	if s.lang.Name() == "lua" {
		return "lua> "
	}
	return ">>> "
}

func (s *Session) unfinished(text string) bool {
	s.opts.Host.Lock.Lock()
	defer s.opts.Host.Lock.Unlock()
	return s.lang.Unfinished(text)
}

// piece runs a command or code. Errors are shown here.
func (s *Session) piece(ctx context.Context, piece string) error {
	if isCommand(piece) {
		err := s.command(ctx, strings.TrimSpace(piece))
		if err != nil && !errors.Is(err, errQuit) {
			s.fail(err)
		}
		return err
	}
	s.run(ctx, s.lang, s.source(piece))
	return nil
}

// source gives a piece a path of its own.
func (s *Session) source(piece string) interp.Source {
	s.mu.Lock()
	s.count++
	s.mu.Unlock()
	return interp.Source{Path: fmt.Sprintf("<%s:%d>", s.lang.Extension()[1:], s.Count()), Text: []byte(piece)}
}

// Count is the number of pieces so far.
func (s *Session) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// run evaluates src and shows the value of an expression; it returns the time that
// it took.
func (s *Session) run(ctx context.Context, in interp.Interp, src interp.Source) time.Duration {
	ctx, cancel := context.WithCancelCause(ctx)
	s.setCancel(cancel)
	defer func() { s.setCancel(nil); cancel(nil) }()

	start := time.Now()
	s.opts.Host.Lock.Lock()
	v, isValue, err := in.Eval(ctx, src)
	took := time.Since(start)
	shown := ""
	if err == nil && isValue && v != nil {
		shown = printer{lua: in.Name() == "lua", width: s.opts.Input.Width()}.show(v)
	}
	s.opts.Host.Lock.Unlock()
	if err != nil {
		s.fail(err)
	} else if shown != "" {
		fmt.Fprintln(s.opts.Out, shown)
	}
	return took
}

func (s *Session) setCancel(cancel context.CancelCauseFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancel = cancel
}

// fail shows why a piece did not do what it should.
func (s *Session) fail(err error) {
	var syntax *interp.SyntaxError
	if errors.As(err, &syntax) {
		fmt.Fprintln(s.opts.Err, syntax)
		return
	}
	fmt.Fprintln(s.opts.Err, strings.TrimRight(value.AsError(err).Report(), "\n"))
}

// load runs a file in the session: what it defines can be used afterwards.
func (s *Session) load(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return value.Errorf(value.KindOS, "%w", err)
	}
	in := interp.Interp(s.lang)
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		if byName, ok := s.opts.Host.ByExtension(path[i:]); ok {
			in = byName
		}
	}
	s.run(ctx, in, interp.Source{Path: path, Text: text})
	return nil
}
