package bootstrap

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

const (
	readerSize = 64 << 10
	chunkSize  = 32 << 10
	// maxPushes bounds how often a far side may ask: once for each candidate.
	maxPushes = 6
	// maxSkipped bounds the reasons that are kept.
	maxSkipped = 16
)

// Result is what Run leaves.
type Result struct {
	// Platform is the target's; zero if no first stage spoke.
	Platform Platform
	// Dir is the cache directory on the target that the program came from.
	Dir string
	// Cached says that the target had the program.
	Cached bool
	// Pushed is the number of bytes of programs that were sent.
	Pushed int64
	// Skipped are the candidates that could not be used, each with the reason.
	Skipped []string
	// Noise is what else the far side printed, the last 32 KiB.
	Noise []byte
	// Reader goes on right behind the up line; read from it, not from the link.
	Reader *bufio.Reader
}

// Run follows a first stage, or a program started without one (src may then be
// nil), until the program says up, and pushes programs that are asked for.
//
// When ctx ends Run closes link; on other errors it leaves it open. Errors are
// *value.Error of kind StreamError: EofError if the far side closed, also a
// TimeoutError if ctx passed its deadline; a *value.Error that is the cause of
// ctx's end is returned as it is. They have the attributes "phase" (shell,
// push, start), "output" (the last lines received) and "cached" (a bool). A far side
// that asked for something and said what went wrong has that in the message.
func Run(ctx context.Context, link io.ReadWriteCloser, src Source, opts Options) (Result, error) {
	s := &session{link: link, src: src, opts: opts, phase: "shell"}
	s.res.Reader = bufio.NewReaderSize(link, readerSize)
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = link.Close()
	})
	err := s.converse(ctx)
	if !stop() {
		<-closed
		err = endOf(ctx)
	}
	s.res.Noise = s.noise.tail()
	if err != nil {
		return s.res, s.describe(err)
	}
	return s.res, nil
}

// Retry reports whether the error is of a cached program that did not come up,
// so that another connection with Options.Fresh may succeed.
func Retry(err error) bool {
	var e *value.Error
	if !errors.As(err, &e) || !e.IsA(value.KindStream) || e.IsA(value.KindTimeout) || e.IsA(value.KindCancelled) {
		return false
	}
	for _, f := range e.Attrs {
		if f.Name == "cached" {
			return f.Value == true
		}
	}
	return false
}

// session is one Run.
type session struct {
	link     io.ReadWriteCloser
	src      Source
	opts     Options
	res      Result
	noise    noise
	phase    string
	pushes   int
	writeErr error
	midLine  bool // the last read ended inside a long line
}

func (s *session) converse(ctx context.Context) error {
	for {
		line, err := s.readLine()
		if err != nil {
			return err
		}
		if line == nil {
			continue
		}
		a, _, err := parseAnswer(line, s.opts.Nonce)
		if err != nil {
			return err
		}
		switch a.verb {
		case verbUp:
			return nil
		case verbHit:
			err = s.hit(a)
		case verbNeed:
			err = s.push(ctx, a)
		case verbNo:
			s.passed()
			s.skip(a.text)
		case verbErr:
			err = s.refused(a.text)
		}
		if err != nil {
			return err
		}
	}
}

// readLine returns the next line if it is for us, else nil.
func (s *session) readLine() ([]byte, error) {
	line, err := s.res.Reader.ReadSlice('\n')
	whole := err == nil && !s.midLine
	s.midLine = errors.Is(err, bufio.ErrBufferFull)
	if whole {
		text := line[:len(line)-1]
		if _, ours, _ := parseAnswer(text, s.opts.Nonce); ours {
			return text, nil
		}
	}
	s.noise.add(line)
	switch {
	case err == nil || s.midLine:
		if s.noise.total > noiseLimit {
			return nil, value.Errorf(value.KindStream,
				"the far side does not speak as a shell does: %d KiB came and no answer to the first stage; last lines:\n%s",
				noiseLimit>>10, lastLines(string(s.noise.tail())))
		}
		return nil, nil
	case isEnd(err):
		return nil, s.ended()
	}
	return nil, value.Errorf(value.KindStream, "cannot read from the far side: %w", err)
}

// isEnd reports the ways in which a far side that has gone shows: a terminal
// says EIO, a socket with bytes that nobody read ECONNRESET.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ECONNRESET)
}

func (s *session) hit(a answer) error {
	pf, err := s.choose(a, nil)
	s.res.Platform, s.res.Dir, s.res.Cached = pf, a.text, true
	s.enter("cache", a.text+" has the program")
	s.enter("start", pf.String())
	return err
}

func (s *session) enter(phase, detail string) {
	s.phase = phase
	if s.opts.Phase != nil {
		s.opts.Phase(phase, detail)
	}
}

// choose finds the best platform of the machine that there is a program for,
// or its first one.
func (s *session) choose(a answer, programs []Program) (Platform, error) {
	if p, ok := best(programs, runnable(a.system, a.machine)); ok {
		return p.Platform, nil
	}
	return ParseUname(a.system, a.machine)
}

// push answers need.
func (s *session) push(ctx context.Context, a answer) error {
	if s.pushes++; s.pushes > maxPushes || s.src == nil {
		return value.Errorf(value.KindStream, "the far side asks for a program %d times, more often than there are places for one", s.pushes)
	}
	s.enter("cache", a.text+" has no program")
	s.enter("push", "")
	programs, err := s.src.Programs(ctx)
	if err != nil {
		return err
	}
	pf, err := s.choose(a, programs)
	if err != nil {
		return err
	}
	s.res.Platform, s.res.Dir, s.res.Cached = pf, a.text, false
	s.enter("push", pf.String())
	bin, err := s.src.Open(ctx, pf)
	if err != nil {
		return err
	}
	if err := s.send(bin, a.gzip); err != nil {
		return err
	}
	s.enter("start", pf.String())
	return nil
}

// send writes the answer line and exactly the bytes that it announces. If the
// link does not take them the far side may have said why: then the reading
// goes on, and finds that or the end.
func (s *session) send(bin *Binary, compressed bool) error {
	from, n, err := bin.open(compressed)
	if err != nil {
		return value.Errorf(value.KindStream, "cannot read the program for %s: %w", bin.Platform, err)
	}
	defer func() { _ = from.Close() }()
	_, s.writeErr = fmt.Fprintf(s.link, "%d %s %d\n", n, bin.name(), bin.Size)
	buf := make([]byte, chunkSize)
	for n > 0 && s.writeErr == nil {
		part := buf[:min(n, chunkSize)]
		if _, err := io.ReadFull(from, part); err != nil {
			return value.Errorf(value.KindStream, "cannot read the program for %s: %d bytes are missing: %w", bin.Platform, n, err)
		}
		var done int
		done, s.writeErr = s.link.Write(part)
		n -= int64(done)
		s.res.Pushed += int64(done)
		if s.opts.Progress != nil && done > 0 {
			s.opts.Progress(done)
		}
	}
	return nil
}

// passed follows a far side that goes on to its next place for the program: before it
// has asked for one it is looking for it, and after that the push was of no use.
func (s *session) passed() {
	switch s.phase {
	case "shell":
		s.enter("cache", "")
	case "start":
		s.phase = "push" // for who observes, the start goes on
	}
}

func (s *session) skip(reason string) {
	if dir, what, ok := strings.Cut(reason, ": "); ok && strings.Contains(what, "/.x"+s.opts.Nonce) && strings.Contains(what, "ermission denied") {
		reason = dir + ": programs cannot be started there: it may be mounted noexec"
	}
	if len(s.res.Skipped) < maxSkipped {
		s.res.Skipped = append(s.res.Skipped, printable(clip(reason)))
	}
}

// refused is the error for an err line.
func (s *session) refused(text string) error {
	if text != "nodir" {
		return value.Errorf(value.KindStream, "the far side refused: %s", printable(clip(text)))
	}
	places := strings.Join(s.res.Skipped, "\n")
	if strings.HasSuffix(strings.TrimSpace(places), "not owned by uid") { // and no number
		return value.Errorf(value.KindStream, "the target lacks tools that a set-up needs (uname, id, ls, mkdir, chmod, cat, rm, and head or dd), or PATH does not lead to them").
			With("hint", "`ssh HOST 'echo $PATH'` shows where the account's commands are looked for; busybox has all of these tools")
	}
	hint := "give the account there a folder of its own that allows execution, by HOME or XDG_CACHE_HOME, or put a mitoscript there and name it by binary_path="
	if strings.Contains(strings.ToLower(places), "no space left") {
		hint = "a disk there is full (df -h): the program takes up to 15 MB in one of these folders, or is put elsewhere and named by binary_path="
	}
	return value.Errorf(value.KindStream, "there is no place on the target for the program:\n%s", places).With("hint", hint)
}

// ended is the error for a link that ended too early.
func (s *session) ended() error {
	heard := string(s.noise.tail())
	if len(s.res.Skipped) > 0 {
		heard = strings.TrimRight(heard, "\n") + "\n" + strings.Join(s.res.Skipped, "\n")
	}
	if s.opts.Diagnostics != nil {
		heard = strings.TrimRight(heard, "\n") + "\n" + s.opts.Diagnostics()
	}
	e := value.Errorf(value.KindEOF, "EOF on stream; last %d lines received:\n%s", noiseLines, lastLines(strings.TrimLeft(heard, "\n")))
	if s.writeErr != nil {
		e = e.With("write_error", s.writeErr.Error())
	}
	return e
}

// describe adds the attributes that every error of Run has.
func (s *session) describe(err error) error {
	e := value.AsError(err)
	if !e.IsA(value.KindStream) {
		c := *e
		c.Also = append([]value.Kind{value.KindStream}, e.Also...)
		e = &c
	}
	return e.With("phase", s.phase).With("output", lastLines(string(s.noise.tail()))).With("cached", s.res.Cached)
}

// endOf is the error for a ctx that ended during the set-up.
func endOf(ctx context.Context) error {
	cause := context.Cause(ctx)
	var e *value.Error
	switch {
	case errors.As(cause, &e):
		return e
	case errors.Is(cause, context.DeadlineExceeded):
		return &value.Error{Kind: value.KindTimeout, Also: []value.Kind{value.KindStream}, Message: "Connection timed out."}
	case errors.Is(cause, context.Canceled):
		return &value.Error{Kind: value.KindCancelled, Also: []value.Kind{value.KindStream}, Message: "Connection cancelled."}
	}
	return value.Errorf(value.KindStream, "cannot set up the connection: %w", cause)
}
