package parent_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// server is a transport with a handshake, which a test plays.
type server struct {
	stub
	login func(ctx context.Context) error
}

func (s *server) Name() string { return "ssh.db1" }
func (s *server) Open(ctx context.Context, boot []string) (transport.Link, error) {
	if err := s.login(ctx); err != nil {
		return nil, err
	}
	return s.stub.Open(ctx, boot)
}

func newServer(t *testing.T, login func(ctx context.Context) error, opts parent.Options) *parent.Factory {
	s := &server{login: login}
	s.far = func(c net.Conn) { _, _ = configured(c, &parent.Ready{Build: "test", PID: 7}); silent(c) }
	opts.Methods = map[string]parent.Method{"ssh": {
		Handshakes: true, New: func(context.Context, *parent.Factory, *value.Dict) (transport.Transport, error) { return s, nil },
	}}
	f, _ := newFactory(t, &s.stub, opts)
	return f
}

func TestStepsOfASetUp(t *testing.T) {
	var mu sync.Mutex
	var got []string
	note := func(s parent.Step) {
		mu.Lock()
		defer mu.Unlock()
		if s.Took < 0 || s.Start.IsZero() || s.Method != "ssh" {
			t.Errorf("got %+v", s)
		}
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %v", s.Context, s.Phase, s.Detail, s.Err)))
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, "ssh.db1 port one <nil>, ssh.db1 authentication as bob <nil>, ssh.db1 start  <nil>"},
		{value.Errorf(value.KindStream, "no"), "ssh.db1 port one <nil>, ssh.db1 authentication as bob no"},
	} {
		got = nil
		f := newServer(t, func(ctx context.Context) error {
			transport.Enter(ctx, transport.PhasePort, "one")
			transport.Enter(ctx, transport.PhaseAuth, "")
			transport.Enter(ctx, transport.PhaseAuth, "as bob")
			return c.err
		}, parent.Options{OnStep: note})
		_, err := f.Connect(t.Context(), nil, "ssh", value.NewDict(0))
		if (err == nil) != (c.err == nil) || err != nil && attr(err, "phase") != "authentication" {
			t.Errorf("got %v", err)
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("got  %s\nwant %s", s, c.want)
		}
	}
}

func attr(err error, name string) any {
	for _, a := range value.AsError(err).Attrs {
		if a.Name == name {
			return a.Value
		}
	}
	return nil
}

func TestATimeoutNamesThePhase(t *testing.T) {
	f := newServer(t, func(ctx context.Context) error {
		transport.Enter(ctx, transport.PhaseKeyExchange, "with db1:22")
		<-ctx.Done()
		return ctx.Err()
	}, parent.Options{})
	opts := value.NewDict(1)
	opts.Append("connect_timeout", 0.05)
	_, err := f.Connect(t.Context(), nil, "ssh", opts)
	if !errors.Is(err, value.KindTimeout) || !errors.Is(err, value.KindStream) || attr(err, "phase") != "key exchange" ||
		!strings.Contains(err.Error(), `It hung in the phase "key exchange" (with db1:22).`) || value.AsError(err).Context != "ssh.db1" {
		t.Errorf("got %v, %+v", err, err)
	}
}

// Handshakes are limited, and work on targets that are logged in to is not.
func TestMaxStarts(t *testing.T) {
	const limit, hosts = 3, 12
	var running, most, working atomic.Int32
	full := make(chan struct{}, hosts)
	on := make(chan struct{}) // handshakes go on
	done := make(chan struct{})
	f := newServer(t, func(ctx context.Context) error {
		n := running.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		full <- struct{}{}
		<-on
		running.Add(-1)
		transport.Enter(ctx, transport.PhaseShell, "")
		if working.Add(1) == hosts {
			close(done)
		}
		<-done // all work side by side, or nobody gets on
		return nil
	}, parent.Options{MaxStarts: limit})
	if f.MaxStarts() != limit {
		t.Errorf("got %d", f.MaxStarts())
	}
	var wg sync.WaitGroup
	for range hosts {
		wg.Go(func() {
			if _, err := f.Connect(t.Context(), nil, "ssh", value.NewDict(0)); err != nil {
				t.Error(err)
			}
		})
	}
	for range limit {
		<-full
	}
	close(on)
	wg.Wait()
	if n := most.Load(); n != limit {
		t.Errorf("%d handshakes side by side, want %d", n, limit)
	}
}

// A set-up's time does not run while it waits for its turn.
func TestTheTurnIsNoPartOfTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newServer(t, func(ctx context.Context) error {
			transport.Enter(ctx, transport.PhaseAuth, "")
			time.Sleep(20 * time.Second)
			return nil
		}, parent.Options{MaxStarts: 1})
		var wg sync.WaitGroup
		for range 5 { // the last one waits for 80 s, of its 30 s
			wg.Go(func() {
				if _, err := f.Connect(t.Context(), nil, "ssh", value.NewDict(0)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}
