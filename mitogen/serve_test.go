package mitogen_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

type dispatchFunc func(ctx context.Context, c *mitogen.Call) (value.Value, error)

func (f dispatchFunc) Dispatch(ctx context.Context, c *mitogen.Call) (value.Value, error) {
	return f(ctx, c)
}

// pair returns a master and one child that runs calls by fn.
func pair(t testing.TB, fn dispatchFunc) (*mitogen.Router, *mitogen.Context) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	master := mitogen.NewRouter(mitogen.Options{Log: log})
	up, down := net.Pipe()
	id, err := master.AllocateID(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	c := master.NewChild(id, "child")
	child := mitogen.NewRouter(mitogen.Options{ID: id, ParentIDs: []uint32{0}, Name: "child", Log: log})
	sv := &mitogen.Server{Router: child, Dispatcher: fn}
	if err := sv.Start(); err != nil {
		t.Fatal(err)
	}
	child.AttachParent(down, func(error) { child.Broker().Shutdown() })
	master.AttachChild(up, c)
	t.Cleanup(func() {
		master.Broker().Shutdown()
		master.Broker().Join()
		child.Broker().Join()
	})
	return master, c
}

func TestCallReturnsResult(t *testing.T) {
	_, c := pair(t, func(_ context.Context, call *mitogen.Call) (value.Value, error) {
		return call.Args[0].(int64) + call.Args[1].(int64), nil
	})
	got, err := c.Call(context.Background(), "add", int64(1), int64(2))
	if err != nil || got != int64(3) {
		t.Fatalf("got %v, %v", got, err)
	}
}

func TestCallErrorCarriesCause(t *testing.T) {
	_, c := pair(t, func(context.Context, *mitogen.Call) (value.Value, error) {
		return nil, value.Errorf(value.KindOS, "no such file").With("errno", "ENOENT")
	})
	_, err := c.Call(context.Background(), "f")
	var e *value.Error
	if !errors.As(err, &e) || e.Kind != value.KindCall || e.Context != "child" {
		t.Fatalf("got %#v", err)
	}
	if e.Cause == nil || e.Cause.Kind != value.KindOS || e.Cause.Attrs[0].Value != "ENOENT" {
		t.Fatalf("cause %#v", e.Cause)
	}
}

func TestCallTimeoutCancelsTheFunction(t *testing.T) {
	stopped := make(chan error, 1)
	_, c := pair(t, func(ctx context.Context, call *mitogen.Call) (value.Value, error) {
		if call.Func == "quick" {
			return "ok", nil
		}
		<-ctx.Done()
		stopped <- context.Cause(ctx)
		return nil, context.Cause(ctx)
	})
	ctx, cancel := mitogen.Timeout(context.Background(), 10*time.Millisecond, "call")
	defer cancel()
	if _, err := c.Call(ctx, "slow"); !errors.Is(err, value.KindTimeout) {
		t.Fatalf("got %v", err)
	}
	if err := <-stopped; !errors.Is(err, value.KindCancelled) {
		t.Fatalf("the function saw %v", err)
	}
	if got, err := c.Call(context.Background(), "quick"); err != nil || got != "ok" {
		t.Fatalf("the next call: %v, %v", got, err)
	}
}

func TestCallFailsWhenTheChildIsLost(t *testing.T) {
	var master *mitogen.Router
	master, c := pair(t, func(ctx context.Context, _ *mitogen.Call) (value.Value, error) {
		master.StreamByID(1).Abort()
		<-ctx.Done()
		return nil, context.Cause(ctx)
	})
	_, err := c.Call(context.Background(), "f")
	if !errors.Is(err, value.KindChannel) || err.Error() != "the respondent Context has disconnected" {
		t.Fatalf("got %v", err)
	}
	_, err = c.Call(context.Background(), "f")
	if !errors.Is(err, value.KindChannel) || err.Error() != "no route to 1, my ID is 0" {
		t.Fatalf("afterwards: %v", err)
	}
}

func BenchmarkCallInMemory(b *testing.B) {
	_, c := pair(b, func(context.Context, *mitogen.Call) (value.Value, error) { return nil, nil })
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Call(context.Background(), "f"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestCallWithADeadlineOutlastsNoStoppedPeer(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	c, up, _ := master.slot("stopped")
	master.router.AttachChild(up, c)
	for _, size := range []int{1, 1 << 20, 1} { // an empty link, a write that stands, a full queue
		ctx, cancel := mitogen.Timeout(context.Background(), 20*time.Millisecond, "call")
		_, err := c.Call(ctx, "f", string(make([]byte, size)))
		cancel()
		wantError(t, err, value.KindTimeout, "timed out")
	}
	master.router.StreamByID(c.ID()).Abort()
}
