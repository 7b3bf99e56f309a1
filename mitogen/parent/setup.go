package parent

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// orphanTimeout is how long a child lives without a byte from its parent.
const orphanTimeout = 15 * time.Minute

// setup is the making of one child.
type setup struct {
	f      *Factory
	t      transport.Transport
	common *common
	stop   *deadline
	// handshakes is the method's.
	handshakes bool
	id         uint32
	name       string
	// noShell: the last far side ended as one does that has no shell.
	noShell bool
	// keepAlive is how often the child is to be heard; 0 if the transport watches.
	keepAlive time.Duration
	// heard is the last line that the last far side printed besides its answers.
	heard string
}

func (s *setup) run(ctx context.Context) (*mitogen.Context, error) {
	var err error
	if s.id, err = s.f.router.AllocateID(ctx); err != nil {
		return nil, err
	}
	link, from, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	s.name = s.childName(link)
	if err := s.handshake(ctx, link, from); err != nil {
		s.abandon(link)
		return nil, err
	}
	transport.Ready(link)
	return s.f.adopt(s, link, from)
}

// abandon ends a far side that did not become a child.
func (s *setup) abandon(link transport.Link) {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	if err := transport.End(now, link, 0); err != nil {
		s.f.Log().Warn("process of a set-up did not end", "transport", s.t.Name(), "reason", err)
	}
}

// open gets as far as our program running on the far side.
func (s *setup) open(ctx context.Context) (transport.Link, io.Reader, error) {
	if s.common.binaryPath != "" {
		return s.openProgram(ctx)
	}
	if s.t.Direct() {
		if !s.handshakes {
			transport.Enter(ctx, transport.PhaseStart, "")
		}
		link, err := s.t.Open(ctx, nil)
		if err == nil {
			transport.Enter(ctx, transport.PhaseStart, "")
		}
		return link, link, err
	}
	link, from, err := s.openShell(ctx, false)
	if bootstrap.Retry(err) {
		s.f.Log().Info("cached program did not start, pushing it again", "transport", s.t.Name(), "reason", err)
		link, from, err = s.openShell(ctx, true)
	}
	if in, ok := s.t.(transport.Installer); ok && err != nil && ctx.Err() == nil && s.noShell {
		return s.install(ctx, in)
	}
	return link, from, err
}

func (s *setup) bootOptions(ctx context.Context) bootstrap.Options {
	nonce := bootstrap.NewNonce()
	return bootstrap.Options{
		Nonce: nonce,
		Args:  append(append([]string(nil), s.f.opts.ChildArgs...), nonce, "mitoscript:"+s.common.remoteName),
		Phase: func(p, detail string) { transport.Enter(ctx, transport.Phase(p), detail) },
		Cache: s.common.cache || s.f.opts.Switches.Keep, Progress: func(int) { s.stop.restart() },
	}
}

// openShell runs the first stage.
func (s *setup) openShell(ctx context.Context, fresh bool) (transport.Link, io.Reader, error) {
	programs, err := s.f.opts.Binaries.Programs(ctx)
	if err != nil {
		return nil, nil, err
	}
	opts := s.bootOptions(ctx)
	opts.Fresh = fresh
	stage, err := bootstrap.Stage(opts, programs)
	if err != nil {
		return nil, nil, err
	}
	link, res, err := s.boot(ctx, []string{"sh", "-c", stage}, opts)
	if err != nil {
		return nil, nil, err
	}
	return link, s.rest(link, res), nil
}

// openProgram starts a mitoscript that is on the target.
func (s *setup) openProgram(ctx context.Context) (transport.Link, io.Reader, error) {
	opts := s.bootOptions(ctx)
	link, res, err := s.boot(ctx, append([]string{s.common.binaryPath}, opts.Args...), opts)
	if err != nil {
		return nil, nil, err
	}
	return link, s.rest(link, res), nil
}

// boot starts argv on the far side and waits until our program says that it is up.
func (s *setup) boot(ctx context.Context, argv []string, opts bootstrap.Options) (transport.Link, bootstrap.Result, error) {
	if !s.handshakes { // else it tells itself when it has come to a shell
		transport.Enter(ctx, transport.PhaseShell, "")
	}
	link, err := s.t.Open(ctx, argv)
	if err != nil {
		return nil, bootstrap.Result{}, err
	}
	return s.await(ctx, link, opts)
}

// await waits until our program, or a first stage, on link says that it is up.
func (s *setup) await(ctx context.Context, link transport.Link, opts bootstrap.Options) (transport.Link, bootstrap.Result, error) {
	opts.Diagnostics = func() string { _ = link.Wait(); return link.Diagnostics() }
	untie := context.AfterFunc(ctx, func() { _ = link.Kill() }) // also while its end is waited for
	defer untie()
	bctx, stop := s.failing(ctx, link)
	res, err := bootstrap.Run(bctx, link, s.f.opts.Binaries, opts)
	failure := stop()
	if err == nil {
		return link, res, nil
	}
	if err = s.explain(ctx, link, err); failure != nil {
		err = s.named(failure)
	}
	s.abandon(link)
	s.heard = lastLine(cmp.Or(link.Diagnostics(), strings.ToValidUTF8(string(res.Noise), "?")))
	s.noShell = res.Platform == bootstrap.Platform{} && couldNotStart(link.Wait())
	return nil, res, err
}

// lastLine is the last line of text that is not empty, cut to a reasonable length.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	line := []rune(strings.TrimSpace(lines[len(lines)-1]))
	return string(line[:min(len(line), 200)])
}

// late adds to the error of a set-up that took too long what was heard last: a
// question that nobody answered, or what the tool waits for.
func (s *setup) late(err error) error {
	e := *value.AsError(err)
	if e.Kind == value.KindTimeout && s.heard != "" {
		e.Message = fmt.Sprintf("%s The last line received was %q.", e.Message, s.heard)
	}
	return &e
}

// failing ends a context as soon as the tool's output says what went wrong, so
// that nobody waits for bytes that will not come. stop ends the watch and
// gives what was said.
func (s *setup) failing(ctx context.Context, link transport.Link) (bounded context.Context, stop func() error) {
	ctx, cancel := context.WithCancelCause(ctx)
	var failure error
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case failure = <-link.Failure():
			cancel(s.named(failure))
		case <-ctx.Done():
		}
	}()
	return ctx, func() error { cancel(nil); <-done; return failure }
}

// explain prefers what the tool's output said to what its end looked like.
func (s *setup) explain(ctx context.Context, link transport.Link, err error) error {
	if !errors.Is(err, value.KindEOF) || ctx.Err() != nil {
		return s.named(err)
	}
	select {
	case failure := <-link.Failure():
		return s.named(failure)
	default:
	}
	e := *value.AsError(err)
	if why := link.Wait(); why != nil {
		e.Message = strings.TrimRight(e.Message, "\n") + "\n" + why.Error()
	}
	if h, ok := s.t.(transport.Hinter); ok {
		e.Message += "\n" + h.Hint()
	}
	return s.named(hinted(&e))
}

// hinted adds what helps against an end that the far side gave the reason of.
func hinted(e *value.Error) *value.Error {
	if hint := transport.EndHint(e.Message); hint != "" && !has(e, "hint") {
		return e.With("hint", hint)
	}
	return e
}

// named says which context an error is about.
func (s *setup) named(err error) error {
	e := *value.AsError(err)
	if e.Context == "" {
		e.Context = s.title()
	}
	return &e
}

// title is what the context is called before it has a process.
func (s *setup) title() string { return cmp.Or(s.common.name, strings.TrimSuffix(s.t.Name(), ".%d")) }

// rest is what is read after the program is up: the link itself, unless bytes
// were read ahead.
func (s *setup) rest(link transport.Link, res bootstrap.Result) io.Reader {
	n := res.Reader.Buffered()
	if n == 0 {
		return link
	}
	ahead, _ := res.Reader.Peek(n)
	return io.MultiReader(bytes.NewReader(ahead), link)
}

// childName is the context's name: after its creator's.
func (s *setup) childName(link transport.Link) string {
	name := s.common.name
	if name == "" {
		name = s.t.Name()
		if strings.Contains(name, "%d") {
			name = fmt.Sprintf(name, link.Pid())
		}
		if !s.f.router.IsMaster() {
			name = s.f.router.Name() + "." + name
		}
	}
	return name
}

// handshake sends the configuration and waits for the answer.
func (s *setup) handshake(ctx context.Context, link transport.Link, from io.Reader) error {
	stop := context.AfterFunc(ctx, func() { _ = link.Kill(); _ = link.Close() })
	defer stop()
	err := s.exchange(link, from)
	if err == nil && !stop() {
		return context.Cause(ctx) // it was killed at the last moment
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	var corrupt *wire.CorruptError
	switch {
	case errors.As(err, &corrupt):
		return s.named(value.Errorf(value.KindStream,
			"garbage on the link: want the answer of mitoscript, received %q", corrupt.Got))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, os.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		why := link.Wait()
		text := strings.TrimSpace(link.Diagnostics())
		return s.named(hinted(value.Errorf(value.KindEOF, "EOF on stream; last 100 lines received:\n%s\n%v", text, why)))
	}
	return s.named(asStream(err))
}

// asStream makes an error one of the connection, if it is of no kind yet.
func asStream(err error) error {
	if e := value.AsError(err); e.IsA(value.KindStream) {
		return e
	}
	return value.Errorf(value.KindStream, "cannot configure the far side: %w", err)
}

func (s *setup) exchange(link transport.Link, from io.Reader) error {
	cfg, err := s.config(link).Encode()
	if err != nil {
		return err
	}
	if _, err := link.Write(wire.AppendPreamble(nil, wire.ConfigMagic, cfg)); err != nil {
		return s.afterWriteError(from, err)
	}
	return s.readReady(from)
}

// afterWriteError reads on: a far side that is gone may have said why.
func (s *setup) afterWriteError(from io.Reader, werr error) error {
	if err := s.readReady(from); err != nil {
		return err
	}
	return werr
}

func (s *setup) readReady(from io.Reader) error {
	data, err := wire.ReadPreamble(from, wire.ReadyMagic)
	if err != nil {
		return err
	}
	ready, err := DecodeReady(data)
	if err != nil {
		return err
	}
	if ready.Error != "" {
		return value.Errorf(value.KindStream, "the child refused: %s", ready.Error)
	}
	return nil
}

// compress reports whether the frames are compressed on their way.
func (s *setup) compress() bool {
	c, ok := s.t.(transport.Compressor)
	return ok && c.Compress()
}

// bulk is the child's descriptor of the link's second way; 0 for none.
func (s *setup) bulk(link transport.Link) int {
	if q, ok := link.(quick); ok && q.Bulk() != nil && !s.compress() {
		return transport.BulkFD
	}
	return 0
}

func (s *setup) config(link transport.Link) *Config {
	r := s.f.router
	c := &Config{
		Build: s.f.opts.Build, ID: s.id, ParentIDs: append([]uint32{r.ID()}, r.ParentIDs()...),
		Name: s.name, RemoteName: s.common.remoteName, LogLevel: int(s.f.logLevel()),
		MaxMessageSize: r.MaxMessageSize(), Unidirectional: r.Unidirectional(),
		Debug: s.common.debug || s.f.Debug, Profiling: s.common.profiling || s.f.Profiling,
		Script: s.f.opts.Script, OrphanTimeout: orphanTimeout, KeepAlive: s.keepAlive, Compress: s.compress(), Bulk: s.bulk(link),
		Switches: s.f.opts.Switches,
	}
	if s.common.oneWay != nil {
		c.Unidirectional = *s.common.oneWay
	}
	return c
}
