package child_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/fakessh"
	"github.com/mitoscript/mitoscript/mitogen/files"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// attackedTree is a master with a Receiver, and a child that does no harm.
type attackedTree struct {
	*tree
	log     *safeBuffer
	reports chan string
	ran     chan string // what was called in the master
	victim  *mitogen.Context
	plain   *mitogen.Receiver
	window  *mitogen.Receiver
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newAttackedTree(t *testing.T) *attackedTree {
	at := &attackedTree{log: &safeBuffer{}, reports: make(chan string, 10), ran: make(chan string, 10)}
	log := slog.New(slog.NewTextHandler(at.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r := mitogen.NewRouter(mitogen.Options{Log: log, MaxMessageSize: 1 << 20})
	methods := map[string]parent.Method{}
	for name := range maps.Keys(attacks) {
		methods[name] = direct(hostileArg, name)
	}
	methods["local"] = direct(childArg)
	f := parent.New(parent.Options{Router: r, Build: "test", Methods: methods})
	t.Cleanup(func() {
		r.Broker().ShutdownTimeout = 50 * time.Millisecond // hostile children do not end when asked to
		r.Broker().Shutdown()
		r.Broker().Join()
	})
	at.tree = &tree{t, r, f}
	sv := &mitogen.Server{Router: r, Dispatcher: dispatcher(func(c *mitogen.Call) { at.ran <- fmt.Sprint(c.Func) })}
	services := f.Services()
	maps.Copy(services, files.Services(nil))
	maps.Copy(services, (&fakessh.Server{}).Services())
	for _, err := range []error{
		sv.Start(), mitogen.Serve(r, services), r.OnLog(func(mitogen.LogRecord) {}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.AddHandler(mitogen.Handler{Handle: reportHandle, Func: func(m *mitogen.Message) {
		if v, err := m.Decode(); err == nil {
			at.reports <- fmt.Sprint(v)
		}
	}}); err != nil {
		t.Fatal(err)
	}
	at.victim = at.child()
	if at.victim.ID() != victimID {
		t.Fatalf("the victim is context %d", at.victim.ID())
	}
	at.plain, at.window = at.receiver(receiverHandle, 0), at.receiver(windowHandle, 1000)
	return at
}

func (at *attackedTree) receiver(handle uint32, window int64) *mitogen.Receiver {
	rv, err := mitogen.NewReceiver(at.router, mitogen.ReceiverOptions{Handle: handle, Window: window})
	if err != nil {
		at.Fatal(err)
	}
	return rv
}

func direct(args ...string) parent.Method {
	return parent.Method{New: func(context.Context, *parent.Factory, *value.Dict) (transport.Transport, error) {
		return &transport.Local{Args: args}, nil
	}}
}

type dispatcher func(c *mitogen.Call)

func (d dispatcher) Dispatch(_ context.Context, c *mitogen.Call) (value.Value, error) {
	d(c)
	return nil, nil
}

// A child of another make, in a process of its own, cannot harm its parent or its sibling.
func TestHostileChild(t *testing.T) {
	const refused, security = "refused by policy", "SecurityError"
	for _, tt := range []struct {
		name   string
		log    string // is logged
		report string // what the child saw
		lost   bool   // it loses its link
		sent   string // kind of what arrives at the Receiver
	}{
		{name: "act with the master's authority", log: "bad auth_id"},
		{name: "speak as the master", log: "bad src_id"},
		{name: "speak as a sibling", log: "bad auth_id"},
		{name: "call its parent", log: refused, report: refused},
		{name: "call its sibling", report: refused},
		{name: "end its sibling", report: refused},
		{name: "send a function up", sent: security},
		{name: "claim routes", log: "duplicate: the id is reached by"},
		{name: "claim ids that others will have", log: "the id was not given to that subtree"},
		{name: "end others' routes", log: "the stream does not own the route"},
		{name: "answer for its sibling", log: "reply from unexpected context"},
		{name: "give code to its parent", log: refused, report: refused},
		{name: "send too much at once", log: "message too large", report: "message too large (max 1048576 bytes)"},
		{name: "speak nonsense", log: "BEGIN NONSENSE", lost: true},
		{name: "send half a frame", log: "stream lost", lost: true},
		{name: "send half of bulk data", log: "stream lost", lost: true},
		{name: "close the second way within bulk data", log: "stream lost", lost: true},
		{name: "send malformed control messages", log: "malformed"},
		{name: "use its parent's services", report: "not refused: []"},
		{name: "ask for all ids", report: "map[an answer:1000 refused by policy: too many context ids:500]"},
		{name: "ask for code without end", report: "0"},
		{name: "log without end"},
		{name: "fill a window", log: "more was sent than the Receiver's window", report: "refused"},
		{name: "forge on and on", log: "too many forged messages", lost: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := newAttackedTree(t)
			waits, err := at.victim.EncodeCall(&mitogen.Call{Func: "wait"}, mitogen.CallNames{})
			if err != nil {
				t.Fatal(err)
			}
			pending, err := waits.Start()
			if err != nil {
				t.Fatal(err)
			}
			evil, err := at.factory.Connect(context.Background(), nil, tt.name, value.NewDict(0))
			if err != nil {
				t.Fatal(err)
			}
			at.outcome(evil, tt.report, tt.lost)
			if log := at.log.String(); !strings.Contains(log, tt.log) {
				t.Errorf("the log has no %q:\n%s", tt.log, log[:min(len(log), 5000)])
			}
			m, err := at.plain.TryGet()
			if (err == nil) != (tt.sent != "") {
				t.Errorf("the Receiver got %v, %v", m, err)
			} else if err == nil {
				if _, err = m.Decode(); !errors.Is(err, value.Kind(tt.sent)) {
					t.Errorf("what it sent is %v", err)
				}
			}
			at.unharmed(pending)
		})
	}
}

// outcome waits until the child has done what it does.
func (at *attackedTree) outcome(evil *mitogen.Context, report string, lost bool) {
	at.Helper()
	limit := time.After(60 * time.Second)
	if lost {
		select {
		case <-evil.Gone():
		case <-limit:
			at.Fatal("it has its link still")
		}
		return
	}
	select {
	case got := <-at.reports:
		if !strings.Contains(got, report) {
			at.Errorf("it saw %q, want %q", got, report)
		}
	case <-limit:
		at.Fatal("it did not come to its end")
	}
	select {
	case <-evil.Gone():
		at.Error("it lost its link")
	default:
	}
}

// unharmed checks that the rest of the tree works.
func (at *attackedTree) unharmed(pending *mitogen.Receiver) {
	at.Helper()
	if m, err := pending.TryGet(); !errors.Is(err, value.KindTimeout) {
		at.Errorf("the call in the sibling was ended by %v, %v", m, err)
	}
	pending.Cancel()
	at.call(at.child(), "pid")
	if err := at.factory.Shutdown(context.Background(), at.victim, true); err != nil {
		at.Error(err)
	}
	select {
	case what := <-at.ran:
		at.Errorf("the master ran %s", what)
	default:
	}
}
