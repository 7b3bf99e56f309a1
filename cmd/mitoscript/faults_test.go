//go:build !child

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// soakEnv is how long TestUnderFaults goes on; `make soak` sets it.
const soakEnv = "MITOSCRIPT_SOAK"

// faults are what a link may do after so many bytes.
var faults = []string{"none", "delay", "throttle", "cut", "no more input", "no more output", "corrupt", "kill", "stop", "stop and go on"}

// proxy stands between this process and a child.
type proxy struct {
	transport.Link
	fault string
	left  atomic.Int64 // bytes until the fault
	once  sync.Once
}

// passed counts bytes, and reports whether the fault is there.
func (p *proxy) passed(n int) bool { return p.left.Add(int64(-n)) <= 0 }

// slow takes the time that n bytes take.
func (p *proxy) slow(n int) {
	switch p.fault {
	case "delay":
		time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
	case "throttle":
		time.Sleep(time.Duration(n) * time.Second / 1024)
	}
}

func (p *proxy) Read(b []byte) (int, error)  { return p.read(p.Link, b) }
func (p *proxy) Write(b []byte) (int, error) { return p.write(p.Link, b) }

// TryWrite leaves all to Write, which may take its time.
func (p *proxy) TryWrite([]byte) int { return 0 }

func (p *proxy) WriteBuffers(pieces net.Buffers) error {
	for _, b := range pieces {
		if _, err := p.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// Bulk is the second way of the link, under the same fault.
func (p *proxy) Bulk() io.ReadWriter {
	if b := p.Link.(interface{ Bulk() io.ReadWriter }).Bulk(); b != nil {
		return &side{p, b}
	}
	return nil
}

// side is the second way of a proxy.
type side struct {
	*proxy
	way io.ReadWriter
}

func (s *side) Read(b []byte) (int, error)  { return s.read(s.way, b) }
func (s *side) Write(b []byte) (int, error) { return s.write(s.way, b) }

func (p *proxy) read(from io.Reader, b []byte) (int, error) {
	if p.fault == "throttle" {
		b = b[:min(len(b), 64)]
	}
	n, err := from.Read(b)
	p.slow(n)
	if !p.passed(n) {
		return n, err
	}
	switch p.fault {
	case "cut":
		_ = p.Link.Close()
		return 0, io.EOF
	case "no more input":
		return 0, io.EOF
	case "corrupt":
		if n > 0 {
			p.once.Do(func() { b[rand.IntN(n)] ^= 0x55 })
		}
	}
	return n, err
}

func (p *proxy) write(to io.Writer, b []byte) (int, error) {
	p.slow(len(b))
	if p.passed(len(b)) && len(b) > 0 {
		switch p.fault {
		case "cut":
			_ = p.Link.Close()
			return 0, syscall.EPIPE
		case "no more output":
			_ = p.CloseWrite()
			return 0, syscall.EPIPE
		case "corrupt":
			p.once.Do(func() {
				b = append([]byte(nil), b...)
				b[rand.IntN(len(b))] ^= 0x55
			})
		}
	}
	return to.Write(b)
}

// faulty is a local child behind a proxy.
type faulty struct {
	transport.Transport
	fault string
}

func (f *faulty) Open(ctx context.Context, boot []string) (transport.Link, error) {
	link, err := f.Transport.Open(ctx, boot)
	if err != nil {
		return nil, err
	}
	p := &proxy{Link: link, fault: f.fault}
	p.left.Store(rand.Int64N([]int64{4000, 400_000}[rand.IntN(2)])) // during small calls, or with bulk data
	return p, nil
}

// underFaults are the counts of a run.
type underFaults struct {
	*inProcess
	refused, worked, failed atomic.Int64
}

// Whatever a link or a process does, every call ends, and nothing is left of it.
func TestUnderFaults(t *testing.T) {
	long := 2 * time.Second
	if text := os.Getenv(soakEnv); text != "" {
		var err error
		if long, err = time.ParseDuration(text); err != nil {
			t.Fatalf("%s: %v", soakEnv, err)
		}
	}
	u := &underFaults{}
	u.inProcess = newInProcessWith(t, func(o *parent.Options) {
		local := o.Methods["local"]
		o.KeepAlive = 5 * time.Second // a busy machine may hold a child up for some seconds
		for _, fault := range faults {
			o.Methods[fault] = parent.Method{New: func(ctx context.Context, f *parent.Factory, opts *value.Dict) (transport.Transport, error) {
				tr, err := local.New(ctx, f, opts)
				return &faulty{tr, fault}, err
			}}
		}
	})
	u.router.Broker().ShutdownTimeout = time.Second
	u.end(u.open("local")) // what is made once and kept
	before := holds(t)
	end := time.Now().Add(long)
	const workers = 3 // shares no factor with the number of faults
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; time.Now().Before(end) || i < len(faults); i += workers { // each fault at least once
				u.round(faults[i%len(faults)])
			}
		})
	}
	wg.Wait()
	u.leaves(before)
	t.Logf("in %s: %d contexts did not come up, %d calls had a result, %d an error", long, u.refused.Load(), u.worked.Load(), u.failed.Load())
	if u.worked.Load() == 0 || u.failed.Load()+u.refused.Load() == 0 {
		t.Error("nothing was tried")
	}
}

// round opens one child, calls it under a fault and ends it.
func (u *underFaults) round(fault string) {
	opts := value.NewDict(1)
	opts.Append("connect_timeout", 30*time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), processTimeout)
	defer cancel()
	c, err := u.factory.Connect(ctx, nil, fault, opts)
	if err != nil {
		u.known("connect", fault, err)
		u.refused.Add(1)
		return
	}
	pid, err := c.Call(ctx, &value.Func{Name: "os.getpid", Builtin: "os.getpid"})
	if err != nil {
		u.known("call", fault, err)
	}
	var calls sync.WaitGroup
	for range 5 {
		calls.Go(func() { u.call(c, fault) })
	}
	if n, ok := pid.(int64); ok {
		u.signal(int(n), fault)
	}
	calls.Wait()
	end, stop := context.WithTimeout(context.Background(), processTimeout)
	defer stop()
	_ = u.factory.Shutdown(end, c, true) // its link may be gone
	if end.Err() != nil {
		u.t.Errorf("%s: the shutdown does not end", fault)
	}
}

// signal does to the process what the fault says.
func (u *underFaults) signal(pid int, fault string) {
	switch fault {
	case "kill":
		_ = syscall.Kill(pid, syscall.SIGKILL)
	case "stop":
		_ = syscall.Kill(pid, syscall.SIGSTOP)
	case "stop and go on":
		_ = syscall.Kill(pid, syscall.SIGSTOP)
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
}

// call makes calls that take some time or bring bulk data there and back, until one fails.
func (u *underFaults) call(c *mitogen.Context, fault string) {
	for i := range 10 {
		ctx, cancel := context.WithTimeout(context.Background(), processTimeout)
		var err error
		if i%2 == 0 || fault == "throttle" { // bulk data would take a minute
			_, err = c.Call(ctx, &value.Func{Name: "time.sleep", Builtin: "time.sleep"}, 0.002)
		} else {
			err = u.bulk(ctx, c, fault)
		}
		cancel()
		if err == nil {
			u.worked.Add(1)
			continue
		}
		u.failed.Add(1)
		u.known("call", fault, err)
		// A length that was corrupted holds a link up, as nothing tells: real links have checksums.
		if errors.Is(err, value.KindTimeout) && fault != "corrupt" {
			u.t.Errorf("%s: a call does not end", fault)
		}
		return
	}
}

// bulk has data come back that goes by the second way of the link, if there is one.
func (u *underFaults) bulk(ctx context.Context, c *mitogen.Context, fault string) error {
	text := strings.Repeat("x", wire.BulkData+rand.IntN(50_000))
	got, err := c.Call(ctx, &value.Func{Name: "json.encode", Builtin: "json.encode"}, text)
	if err == nil && fault != "corrupt" && got != `"`+text+`"` {
		u.t.Errorf("%s: of %d bytes others came back", fault, len(text))
	}
	return err
}

// known complains of errors that are not of our kinds, and of those without a fault.
func (u *underFaults) known(what, fault string, err error) {
	var e *value.Error
	if !errors.As(err, &e) || fault == "none" || fault == "delay" {
		u.t.Errorf("%s, %s: %v", fault, what, err)
	}
}

// leaves waits until this process holds no more than before.
func (u *underFaults) leaves(before held) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	after := holds(u.t)
	for deadline := time.Now().Add(processTimeout); !after.within(before) && time.Now().Before(deadline); after = holds(u.t) {
		<-tick.C
		runtime.GC()
	}
	if !after.within(before) {
		buf := make([]byte, 1<<20)
		u.t.Errorf("something is left: %+v before, %+v after\n%s", before, after, buf[:runtime.Stack(buf, true)])
	}
	if contexts := u.router.Contexts(); len(contexts) > 0 {
		u.t.Error(fmt.Sprint("contexts are left: ", len(contexts)))
	}
}
