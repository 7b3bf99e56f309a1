package bench

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/fakessh"
	"github.com/mitoscript/mitoscript/mitogen/methods"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// echoCommand makes this test's program a process that echoes; see pipe_test.go.
const echoCommand = "echo-frames"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == echoCommand {
		echo()
		return
	}
	if fakessh.IsClient() {
		os.Exit(fakessh.ClientMain())
	}
	os.Exit(m.Run())
}

// built gives the folder of what `make build` made.
func built(b *testing.B) string {
	b.Helper()
	dir, err := filepath.Abs("../bin")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "mitoscript")); err != nil {
		b.Skip("there is no program to measure: run `make build`")
	}
	return dir
}

func program(b *testing.B) string { return filepath.Join(built(b), "mitoscript") }

// master is a Go program's side of a tree, in this process.
type master struct {
	router  *mitogen.Router
	factory *parent.Factory
	forker  *transport.Forker // of the method fork
}

// newMaster ends with the benchmark. Its children are the programs that were
// built, not this one.
func newMaster(b *testing.B) *master {
	b.Helper()
	bundle, err := bootstrap.LoadBundle(filepath.Join(built(b), bootstrap.BundleDir))
	if err != nil {
		b.Fatal(err)
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError}))
	router := mitogen.NewRouter(mitogen.Options{Log: quiet, Name: "master"})
	args := []string{"child"}
	m := &master{router: router, forker: &transport.Forker{Path: program(b), Args: args}}
	ways := methods.All()
	ways["local"] = way(func() transport.Transport { return &transport.Local{Path: program(b), Args: args} })
	ways["fork"] = way(func() transport.Transport { return m.forker })
	m.factory = parent.New(parent.Options{
		Router: router, Build: bundle.Build, Methods: ways, Binaries: bundle,
		ChildArgs: args, LogLevel: slog.LevelError,
	})
	b.Cleanup(func() {
		router.Broker().Shutdown()
		router.Broker().Join()
		_ = m.forker.Close()
	})
	return m
}

func way(open func() transport.Transport) parent.Method {
	return parent.Method{New: func(context.Context, *parent.Factory, *value.Dict) (transport.Transport, error) {
		return open(), nil
	}}
}

// open makes a context by the method called name.
func (m *master) open(b *testing.B, name string, opts ...value.Field) *mitogen.Context {
	b.Helper()
	c, err := m.factory.Connect(context.Background(), nil, name, options(opts))
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func options(opts []value.Field) *value.Dict {
	d := value.NewDict(len(opts))
	for _, o := range opts {
		d.Append(o.Name, o.Value)
	}
	return d
}

// getpid is a function that does next to nothing.
var getpid = &value.Func{Name: "os.getpid", Builtin: "os.getpid"}

func call(b *testing.B, c *mitogen.Context) value.Value {
	b.Helper()
	v, err := c.Call(context.Background(), getpid)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// end ends c and waits until its process is reaped.
func (m *master) end(b *testing.B, c *mitogen.Context) {
	b.Helper()
	if err := m.factory.Shutdown(context.Background(), c, true); err != nil {
		b.Fatal(err)
	}
}

// samples are the times of single operations.
type samples []time.Duration

func (s *samples) time(fn func()) {
	start := time.Now()
	fn()
	*s = append(*s, time.Since(start))
}

// at gives a quantile.
func (s samples) at(q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func (s samples) median() time.Duration { return s.at(0.5) }

// report gives the median and, of many, the 99th percentile, in µs.
func (s samples) report(b *testing.B) {
	b.ReportMetric(0, "ns/op") // the mean says little on a shared machine
	b.ReportMetric(micros(s.median()), "median-µs")
	if len(s) >= 1000 {
		b.ReportMetric(micros(s.at(0.99)), "p99-µs")
	}
}

// reportAs gives the median in ms under a name.
func (s samples) reportAs(b *testing.B, name string) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(micros(s.median())/1000, name+"-ms")
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// settle lets garbage of what was measured before be no part of what comes next.
func settle() { runtime.GC(); runtime.GC() }
