//go:build !child

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/mitoscript/mitoscript/inventory"
)

// boardInterval is how often the line of a board is drawn at most.
const boardInterval = 100 * time.Millisecond

// board is a line at the bottom of the terminal that says how far the work on many
// hosts is. What else is written to the terminal meanwhile goes through it. A nil
// board draws nothing.
type board struct {
	out   *os.File // the terminal
	color palette
	total int
	stop  chan struct{}
	ended chan struct{}

	mu          sync.Mutex
	counts      recap
	running     []string // hosts, the oldest first
	dirty       bool     // the line no longer says what is
	drawn       int      // how many columns of it stand on the terminal
	interrupted int      // others use the terminal
}

// newBoard begins to draw on stderr, if that is a terminal and there is something
// to draw.
func newBoard(total int, quiet bool, color palette) *board {
	if quiet || total < 2 || !canMove(os.Stderr) {
		return nil
	}
	b := &board{out: os.Stderr, color: color, total: total, dirty: true, stop: make(chan struct{}), ended: make(chan struct{})}
	go b.run()
	return b
}

func (b *board) run() {
	defer close(b.ended)
	tick := time.NewTicker(boardInterval)
	defer tick.Stop()
	for {
		b.mu.Lock()
		if b.dirty && b.interrupted == 0 {
			b.draw()
		}
		b.mu.Unlock()
		select {
		case <-tick.C:
		case <-b.stop:
			return
		}
	}
}

// close takes the line away.
func (b *board) close() {
	if b == nil {
		return
	}
	close(b.stop)
	<-b.ended
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
}

// share makes the log and questions for passwords go around the line of a board; nil
// for none.
func (m *master) share(b *board) {
	m.board.Store(b)
	if !m.log.fixedFile {
		m.log.writeTo(m.terminal(os.Stderr))
	}
}

// asking gives a question the terminal for itself.
func (m *master) asking(ask func(ctx context.Context, question string) (string, error)) func(ctx context.Context, question string) (string, error) {
	if ask == nil {
		return nil
	}
	return func(ctx context.Context, question string) (string, error) {
		defer m.board.Load().interrupt()()
		return ask(ctx, question)
	}
}

// started says that the work on a host has begun.
func (b *board) started(h *inventory.Host) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running, b.dirty = append(b.running, h.Name), true
}

// finished says what became of a host.
func (b *board) finished(o *outcome) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.add(o)
	for i, name := range b.running {
		if name == o.host.Name {
			b.running = append(b.running[:i], b.running[i+1:]...)
			break
		}
	}
	b.dirty = true
}

// interrupt gives the terminal to somebody else until resume is called.
func (b *board) interrupt() (resume func()) {
	if b == nil {
		return func() {}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
	b.interrupted++
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.interrupted--
	}
}

// terminal gives what writes whole lines to f: above the line of the board, if there
// is one and f is a terminal.
func (m *master) terminal(f *os.File) io.Writer {
	if !term.IsTerminal(int(f.Fd())) {
		return f
	}
	return aboveBoard{m, f}
}

type aboveBoard struct {
	m *master
	f *os.File
}

func (w aboveBoard) Write(data []byte) (int, error) {
	b := w.m.board.Load()
	if b == nil {
		return w.f.Write(data)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
	return w.f.Write(data)
}

func (b *board) columns() int {
	if n, _, err := term.GetSize(int(b.out.Fd())); err == nil && n > 0 {
		return n
	}
	return 80
}

// erase also goes back over lines that the terminal has made of it since, having
// become narrower.
func (b *board) erase() {
	if b.drawn == 0 {
		return
	}
	// Line by line: tmux keeps what is erased as a whole screen in its history.
	up := strings.Repeat("\x1b[A\r\x1b[K", (b.drawn-1)/b.columns())
	_, _ = io.WriteString(b.out, "\r\x1b[K"+up) // nobody could be told of a failure
	b.drawn, b.dirty = 0, true
}

func (b *board) draw() {
	b.erase()
	head := fmt.Sprintf("%d of %d", b.counts.done(), b.total)
	plain := head
	if rest := b.counts.troubles(false); rest != "" {
		plain += ", " + rest
		head += ", " + b.counts.troubles(b.color)
	}
	room := b.columns() - 1 // the last column makes some terminals wrap
	if n := len([]rune(plain)); n > room {
		head = string([]rune(plain)[:max(room, 0)])
		b.drawn = max(room, 0)
	} else {
		names := []rune(b.names())
		names = names[:min(len(names), room-n)]
		head += string(names)
		b.drawn = n + len(names)
	}
	_, _ = io.WriteString(b.out, head)
	b.dirty = false
}

// maxNames bounds how many of those that run are named.
const maxNames = 50

// names are the hosts that are worked on, as the end of the line has it.
func (b *board) names() string {
	if len(b.running) == 0 {
		return ""
	}
	return "  " + printable(strings.Join(b.running[:min(len(b.running), maxNames)], " "))
}

// printable is a text without what would move a terminal's cursor.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}
