package repl

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/chzyer/readline"
)

// Editor is the Input of a terminal: lines can be edited, completed and found again.
type Editor struct {
	rl       *readline.Instance
	paste    *pasteReader
	out, err io.Writer
	asking   atomic.Bool // a prompt is on the screen
	complete func(line string) (candidates []string, length int)
	op       atomic.Pointer[readline.Operation] // nil until the terminal is open
}

// EditorOptions are the terminal's files and where the history is kept.
type EditorOptions struct {
	In       *os.File
	Out, Err *os.File
	History  string // a file; "" for none
}

// historyLimit is in pieces.
const historyLimit = 5_000

// NewEditor makes the Editor of a terminal. Close gives the terminal back.
func NewEditor(o EditorOptions) (*Editor, error) {
	e := &Editor{paste: newPasteReader(o.In), out: o.Out, err: o.Err}
	if o.History != "" {
		if err := privateFile(o.History); err != nil {
			o.History = "" // a prompt without memory is better than none
			fmt.Fprintln(o.Err, "the history is not kept: "+err.Error())
		}
	}
	rl, err := readline.NewEx(&readline.Config{
		Stdin: e.paste, Stdout: o.Out, Stderr: o.Err,
		HistoryFile: o.History, HistoryLimit: historyLimit, DisableAutoSaveHistory: true, HistorySearchFold: true,
		AutoComplete: e, InterruptPrompt: "^C", EOFPrompt: "\n",
		FuncFilterInputRune: e.filter,
	})
	if err != nil {
		return nil, err
	}
	e.rl = rl
	e.op.Store(rl.Operation)
	return e, nil
}

// filter makes Ctrl-C drop the line even while completions are listed below it;
// readline would only take the list away.
func (e *Editor) filter(r rune) (rune, bool) {
	if op := e.op.Load(); op != nil && r == readline.CharInterrupt && op.IsInCompleteMode() {
		op.ExitCompleteMode(true)
	}
	return r, true
}

// privateFile makes the file, readable by its owner only.
func privateFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Chmod(0o600); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// Complete sets what finds the candidates for the end of a line: what each adds
// to it, and how many of the line's last characters belong to them.
func (e *Editor) Complete(fn func(line string) (candidates []string, length int)) { e.complete = fn }

// Do is readline's question for candidates.
func (e *Editor) Do(line []rune, pos int) ([][]rune, int) {
	if e.complete == nil {
		return nil, 0
	}
	found, length := e.complete(string(line[:pos]))
	out := make([][]rune, len(found))
	for i, f := range found {
		out[i] = []rune(f)
	}
	return out, length
}

// The modes of a terminal in which it says what was pasted.
const (
	pasteOn  = "\x1b[?2004h"
	pasteOff = "\x1b[?2004l"
)

// ReadLine lets a person edit a line.
func (e *Editor) ReadLine(prompt string) (string, error) {
	fmt.Fprint(e.out, pasteOn)
	defer fmt.Fprint(e.out, pasteOff)
	e.rl.SetPrompt(prompt)
	e.asking.Store(true)
	line, err := e.rl.Readline()
	e.asking.Store(false)
	if errors.Is(err, readline.ErrInterrupt) {
		e.paste.take()
		return "", ErrInterrupt
	}
	if pasted := e.paste.take(); pasted != "" {
		line += pasted
		fmt.Fprintln(e.out, strings.ReplaceAll(strings.TrimSuffix(pasted, "\n"), "\n", "\n"+prompt))
	}
	return line, err
}

// Remember adds a piece to the history. Its lines stay together.
func (e *Editor) Remember(piece string) {
	for line := range strings.Lines(piece) {
		_ = e.rl.SaveHistory(strings.TrimRight(line, "\n"))
	}
}

// Width is the terminal's.
func (e *Editor) Width() int { return readline.GetScreenWidth() }

// Out writes above the line that is being typed.
func (e *Editor) Out() io.Writer { return above{e, e.out, e.rl.Stdout} }

// Err is the same for errors and the log.
func (e *Editor) Err() io.Writer { return above{e, e.err, e.rl.Stderr} }

// Close gives the terminal back.
func (e *Editor) Close() error { return e.rl.Close() }

// above writes to a terminal on which a line may be being typed.
type above struct {
	e     *Editor
	plain io.Writer
	lined func() io.Writer
}

func (w above) Write(p []byte) (int, error) {
	if w.e.asking.Load() {
		return w.lined().Write(p)
	}
	return w.plain.Write(p)
}
