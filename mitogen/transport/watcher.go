package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

const (
	// quiet is how long a tool must print nothing before its unfinished line may
	// be a question: a banner that happens to be cut in the middle goes on sooner.
	quiet = 20 * time.Millisecond
	// drainTime is how long output is read after the process has ended, for one
	// whose descendants keep the descriptor open.
	drainTime = 200 * time.Millisecond
	// maxLine bounds a line; what follows is taken for the next.
	maxLine = 8 << 10
)

// LevelTrace is the level of what tools say about their own work.
const LevelTrace = slog.LevelDebug - 4

// watcher reads what a process prints besides its data, to the end: the output
// must flow, or the process would wait for ever.
type watcher struct {
	// immutable after start
	name  string
	src   *os.File
	react React
	reply io.Writer // nil: there is no terminal to type on
	log   *slog.Logger
	hide  func(line []byte) bool // lines that are not kept; may be nil
	fail  chan error

	// guarded by mu
	mu       sync.Mutex
	tail     tail
	pending  []byte // an unfinished line
	settled  bool   // nothing is a question any more
	finished bool   // the process has ended: the deadline of src is final
}

// run reads until the end; it is the only goroutine that calls react.
func (w *watcher) run() {
	buf := make([]byte, 4096)
	for {
		n, err := w.src.Read(buf)
		w.take(buf[:n])
		if errors.Is(err, os.ErrDeadlineExceeded) && !w.isFinished() {
			w.setDeadline(time.Time{})
			w.ask()
			continue
		}
		if err != nil { // a terminal without a slave gives EIO, which is its EOF
			break
		}
		if n > 0 {
			w.awaitMore()
		}
	}
	w.line(w.cut())
}

// take adds output, and handles the lines that it ends.
func (w *watcher) take(b []byte) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		part := b
		if i >= 0 {
			part = b[:i]
		}
		w.mu.Lock()
		w.pending = append(w.pending, part...)
		n := len(w.pending)
		w.mu.Unlock()
		if i >= 0 || n > maxLine {
			w.line(w.cut())
		}
		b = b[len(part):]
		if i >= 0 {
			b = b[1:]
		}
	}
}

// cut moves what is pending to the tail, as a line.
func (w *watcher) cut() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	line := bytes.TrimRight(w.pending, "\r")
	if len(line) > 0 && (w.hide == nil || !w.hide(line)) {
		w.tail.add(line)
	}
	w.pending = nil // not [:0]: the caller has the line
	return line
}

// line handles a whole line.
func (w *watcher) line(line []byte) {
	if len(line) == 0 {
		return
	}
	if w.log != nil {
		level := slog.LevelDebug
		if w.hide != nil && w.hide(line) {
			level = LevelTrace
		}
		w.log.Log(context.Background(), level, w.name+": "+escape(line))
	}
	w.consult(line, false)
}

// ask handles an unfinished line after a silence. What has been answered is done with.
func (w *watcher) ask() {
	line := w.pending // only this goroutine changes it
	if len(line) > 0 && w.consult(bytes.TrimLeft(line, "\r"), true) {
		w.cut()
	}
}

// consult asks react, and reports whether a reply was typed.
func (w *watcher) consult(line []byte, partial bool) bool {
	w.mu.Lock()
	deaf := w.settled || w.react == nil
	w.mu.Unlock()
	if deaf {
		return false
	}
	reply, err := w.react(line, partial)
	if err == nil && reply != nil {
		err = w.typeReply(reply)
	}
	if err != nil {
		w.settle()
		w.fail <- err // room for one, and nothing is asked after it
		return false
	}
	return reply != nil
}

func (w *watcher) typeReply(reply []byte) error {
	if w.reply == nil {
		return value.Errorf(value.KindStream, "%s asked a question, and has no terminal for the answer", w.name)
	}
	if _, err := w.reply.Write(reply); err != nil {
		return value.Errorf(value.KindStream, "%s: cannot type an answer: %w", w.name, err)
	}
	return nil
}

// settle ends the time of questions.
func (w *watcher) settle() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settled = true
}

// awaitMore lets the next read end after a silence if a question may be pending.
func (w *watcher) awaitMore() {
	w.mu.Lock()
	asking := len(w.pending) > 0 && !w.settled && w.react != nil
	w.mu.Unlock()
	if asking {
		w.setDeadline(time.Now().Add(quiet))
	} else {
		w.setDeadline(time.Time{})
	}
}

func (w *watcher) setDeadline(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.finished {
		_ = w.src.SetReadDeadline(t)
	}
}

func (w *watcher) isFinished() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.finished
}

// finish has run end soon: at the end of the output, or after drainTime.
func (w *watcher) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finished = true
	_ = w.src.SetReadDeadline(time.Now().Add(drainTime))
}

// text is what Link.Diagnostics gives.
func (w *watcher) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tail.text(bytes.TrimRight(w.pending, "\r"))
}
