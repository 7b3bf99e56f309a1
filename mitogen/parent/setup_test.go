package parent_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// TestMain fails when a test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stubLink is a link to a far side in the test.
type stubLink struct {
	net.Conn
	once sync.Once
	done chan struct{}
}

func (l *stubLink) CloseWrite() error     { return l.Close() }
func (l *stubLink) Diagnostics() string   { return "said before" }
func (l *stubLink) Failure() <-chan error { return nil }
func (l *stubLink) Pid() int              { return 7 }
func (l *stubLink) Wait() error           { <-l.done; return errors.New("exited with return code 1") }
func (l *stubLink) Kill() error           { return l.Close() }
func (l *stubLink) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Conn.Close()
}

// stub reaches a far side that far plays; when far returns, the far side is gone.
type stub struct {
	far      func(conn net.Conn)
	links    chan *stubLink
	compress bool
}

func (s *stub) Name() string   { return "stub.%d" }
func (s *stub) Direct() bool   { return true }
func (s *stub) Compress() bool { return s.compress }
func (s *stub) Open(context.Context, []string) (transport.Link, error) {
	here, there := net.Pipe()
	l := &stubLink{Conn: here, done: make(chan struct{})}
	s.links <- l
	go func() { defer func() { _ = there.Close(); _ = l.Close() }(); s.far(there) }()
	return l, nil
}

func newFactory(t *testing.T, s *stub, opts parent.Options) (*parent.Factory, *mitogen.Router) {
	s.links = make(chan *stubLink, 100)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	opts.Router = mitogen.NewRouter(mitogen.Options{Log: log})
	opts.Router.Broker().ShutdownTimeout = 50 * time.Millisecond
	opts.Build = "test"
	if opts.Methods == nil {
		opts.Methods = map[string]parent.Method{"stub": {
			New: func(context.Context, *parent.Factory, *value.Dict) (transport.Transport, error) { return s, nil },
		}}
	}
	t.Cleanup(func() { opts.Router.Broker().Shutdown(); opts.Router.Broker().Join() })
	return parent.New(opts), opts.Router
}

// configured reads the configuration and answers.
func configured(conn net.Conn, answer *parent.Ready) (*parent.Config, error) {
	data, err := wire.ReadPreamble(conn, wire.ConfigMagic)
	if err != nil {
		return nil, err
	}
	cfg, err := parent.DecodeConfig(data)
	if err != nil {
		return nil, err
	}
	if data, err = answer.Encode(); err == nil {
		_, err = conn.Write(wire.AppendPreamble(nil, wire.ReadyMagic, data))
	}
	return cfg, err
}

func silent(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func TestFarSidesThatDoNotBecomeChildren(t *testing.T) {
	for _, tt := range []struct {
		name string
		far  func(conn net.Conn)
		kind value.Kind
		text string
	}{
		{"it ends at once", func(net.Conn) {}, value.KindStream, ""},
		{"it ends after the configuration", func(c net.Conn) { _, _ = wire.ReadPreamble(c, wire.ConfigMagic) },
			value.KindEOF, "said before\nexited with return code 1"},
		{"it ends in the middle of its answer", func(c net.Conn) {
			_, _ = wire.ReadPreamble(c, wire.ConfigMagic)
			_, _ = c.Write([]byte(wire.ReadyMagic[:4]))
		}, value.KindEOF, ""},
		{"it says something else", func(c net.Conn) {
			_, _ = wire.ReadPreamble(c, wire.ConfigMagic)
			_, _ = io.WriteString(c, "Welcome to db1, unauthorised use is")
			silent(c)
		}, value.KindStream, "garbage on the link"},
		{"it claims a huge answer", func(c net.Conn) {
			_, _ = wire.ReadPreamble(c, wire.ConfigMagic)
			_, _ = io.WriteString(c, wire.ReadyMagic+"\xff\xff\xff\xff")
			silent(c)
		}, value.KindStream, "too large"},
		{"it refuses", func(c net.Conn) { _, _ = configured(c, &parent.Ready{Error: "another build"}); silent(c) },
			value.KindStream, "the child refused: another build"},
		{"it is silent", silent, value.KindTimeout, "Connection timed out after"},
		{"it reads nothing", func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); _, _ = c.Write(make([]byte, 1)) },
			value.KindTimeout, "Connection timed out after"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &stub{far: tt.far}
			f, _ := newFactory(t, s, parent.Options{})
			opts := value.NewDict(1)
			if tt.kind == value.KindTimeout {
				opts.Append("connect_timeout", 0.05)
			}
			_, err := f.Connect(context.Background(), nil, "stub", opts)
			if !errors.Is(err, tt.kind) || !errors.Is(err, value.KindStream) || !strings.Contains(err.Error(), tt.text) {
				t.Fatalf("got %v (%s)", err, value.AsError(err).Kind)
			}
			<-(<-s.links).done
		})
	}
}

func TestShutdownCancelsASetUp(t *testing.T) {
	asked := make(chan struct{})
	s := &stub{far: func(c net.Conn) { _, _ = wire.ReadPreamble(c, wire.ConfigMagic); close(asked); silent(c) }}
	f, r := newFactory(t, s, parent.Options{})
	failed := make(chan error)
	go func() {
		_, err := f.Connect(context.Background(), nil, "stub", value.NewDict(0))
		failed <- err
	}()
	<-asked
	r.Broker().Shutdown()
	if err := <-failed; !errors.Is(err, value.KindCancelled) {
		t.Fatal(err)
	}
	<-(<-s.links).done
}

func TestIdleChildrenAreProbed(t *testing.T) {
	for name, compress := range map[string]bool{"plain link": false, "compressed link": true} {
		t.Run(name, func(t *testing.T) {
			probed := make(chan wire.Frame, 1)
			s := &stub{compress: compress, far: func(c net.Conn) {
				cfg, err := configured(c, &parent.Ready{Build: "test", PID: 7})
				if err != nil || cfg.Compress != compress {
					t.Errorf("got %+v, %v", cfg, err)
					return
				}
				var link io.ReadWriteCloser = c
				if compress {
					link = wire.Compress(c)
				}
				if f, err := wire.NewReader(link, 1000).Next(); err == nil {
					probed <- f
				}
				silent(c)
			}}
			f, _ := newFactory(t, s, parent.Options{ProbeInterval: time.Millisecond})
			if _, err := f.Connect(context.Background(), nil, "stub", value.NewDict(0)); err != nil {
				t.Fatal(err)
			}
			if p := <-probed; p.Handle != 0 || p.ReplyTo != wire.IsDead {
				t.Fatalf("got %+v", p)
			}
		})
	}
}

// TestShutdownOfChildrenThatWaitForEachOther has a child that floods another,
// which reads nothing.
func TestShutdownOfChildrenThatWaitForEachOther(t *testing.T) {
	stuck := make(chan struct{})
	var first sync.Once
	s := &stub{}
	s.far = func(c net.Conn) {
		if _, err := configured(c, &parent.Ready{Build: "test", PID: 7}); err != nil {
			return
		}
		deaf := false
		first.Do(func() { deaf = true })
		link := <-s.links
		if deaf {
			<-link.done
			return
		}
		f := wire.Frame{Dst: 1, Src: 2, Auth: 2, Handle: 5000, Data: make([]byte, 128<<10)}
		for range 4 { // what the link holds, what may wait, and one more
			_, _ = c.Write(append(f.AppendHeader(nil), f.Data...))
		}
		close(stuck)
		<-link.done
	}
	f, _ := newFactory(t, s, parent.Options{})
	for range 2 {
		if _, err := f.Connect(context.Background(), nil, "stub", value.NewDict(0)); err != nil {
			t.Fatal(err)
		}
	}
	<-stuck
}

// TestShutdownOfAnothersContext asks for the end of a context that is reached through
// another one and was not made for this one.
func TestShutdownOfAnothersContext(t *testing.T) {
	s := &stub{far: func(c net.Conn) {
		if _, err := configured(c, &parent.Ready{Build: "test", PID: 7}); err == nil {
			silent(c)
		}
	}}
	f, r := newFactory(t, s, parent.Options{})
	child, err := f.Connect(context.Background(), nil, "stub", value.NewDict(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.AddRoute(9, child.ID()); err != nil {
		t.Fatal(err)
	}
	err = f.Shutdown(context.Background(), r.ContextByID(9, "web9"), true)
	if !errors.Is(err, value.KindTimeout) {
		t.Errorf("got %v, want a TimeoutError", err)
	}
}
