package bench

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// fleetServer is an sshd that takes many logins at once, with our program in its cache.
func fleetServer(b *testing.B, m *master) (*sshdtest.Server, []value.Field) {
	sshd := sshdtest.Start(b, "SetEnv "+sshdtest.PlainShell+" XDG_CACHE_HOME="+b.TempDir(), "MaxStartups 1000", "MaxSessions 1000")
	opts := []value.Field{
		{Name: "config_file", Value: sshd.Config}, {Name: "hostname", Value: sshdtest.Host},
		{Name: "connect_timeout", Value: 300.0}, // all hosts are this machine
	}
	c := m.open(b, "ssh", opts...)
	call(b, c)
	m.end(b, c)
	return sshd, opts
}

// BenchmarkFleet connects to many hosts at once and calls a function in each, and does
// `ssh host true` for as many, as many at once, in turn.
func BenchmarkFleet(b *testing.B) {
	for _, n := range []int{20, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := newMaster(b)
			sshd, opts := fleetServer(b, m)
			openSSH := append(opts[:len(opts):len(opts)], value.Field{Name: "ssh_path", Value: "ssh"})
			var plain, native, other samples
			connect := func(s *samples, opts []value.Field) {
				contexts := make([]*mitogen.Context, n)
				errs := make([]error, n)
				s.time(func() {
					var wg sync.WaitGroup
					for i := range n {
						wg.Go(func() {
							if contexts[i], errs[i] = m.factory.Connect(b.Context(), nil, "ssh", options(opts)); errs[i] == nil {
								_, errs[i] = contexts[i].Call(b.Context(), getpid)
							}
						})
					}
					wg.Wait()
				})
				if err := errors.Join(errs...); err != nil {
					b.Fatal(err)
				}
				for _, c := range contexts {
					m.end(b, c)
				}
			}
			for b.Loop() {
				plain.time(func() {
					cmd := exec.Command("xargs", "-P", fmt.Sprint(n), "-n", "1", "ssh", "-F", sshd.Config, sshdtest.Host)
					cmd.Stdin = strings.NewReader(strings.Repeat("true\n", n))
					if out, err := cmd.CombinedOutput(); err != nil {
						b.Fatalf("ssh: %v\n%s", err, out)
					}
				})
				connect(&native, opts)
				connect(&other, openSSH)
			}
			plain.reportAs(b, "xargs-ssh-true")
			native.reportAs(b, "native")
			other.reportAs(b, "openssh")
			b.ReportMetric(float64(native.median())/float64(plain.median()), "native/xargs-ssh-true")
			b.ReportMetric(float64(other.median())/float64(plain.median()), "openssh/xargs-ssh-true")
		})
	}
}

// wire is a relay that counts bytes, and delays them by half a round trip.
type wire struct {
	net.Listener
	to     string
	delay  time.Duration
	up     atomic.Int64
	down   atomic.Int64
	closed sync.WaitGroup
}

func newWire(b *testing.B, to string, delay time.Duration) *wire {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	w := &wire{Listener: l, to: to, delay: delay}
	w.closed.Go(func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", to)
			if err != nil {
				_ = here.Close()
				continue
			}
			w.closed.Go(func() { w.carry(there, here, &w.up) })
			w.closed.Go(func() { w.carry(here, there, &w.down) })
		}
	})
	b.Cleanup(func() { _ = l.Close(); w.closed.Wait() })
	return w
}

// carry delivers each run of bytes when its time has come, without holding up the next.
func (w *wire) carry(to, from net.Conn, count *atomic.Int64) {
	type parcel struct {
		due  time.Time
		data []byte
	}
	parcels := make(chan parcel, 10_000)
	go func() {
		defer close(parcels)
		for {
			buf := make([]byte, 64<<10)
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			count.Add(int64(n))
			parcels <- parcel{time.Now().Add(w.delay), buf[:n]}
		}
	}()
	for p := range parcels {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.data); err != nil {
			break
		}
	}
	_ = to.Close()
	_ = from.Close()
	for range parcels {
	}
}

func (w *wire) port() int { return w.Addr().(*net.TCPAddr).Port }

func (w *wire) take() int64 { return w.up.Swap(0) + w.down.Swap(0) }

// relayed is the server's configuration by way of the wire.
func relayed(b *testing.B, sshd *sshdtest.Server, w *wire) string {
	text, err := os.ReadFile(sshd.Config)
	if err != nil {
		b.Fatal(err)
	}
	config := strings.ReplaceAll(string(text), fmt.Sprint("Port ", sshd.Port), fmt.Sprintf("Port %d\n  HostKeyAlias [127.0.0.1]:%d", w.port(), sshd.Port))
	file := b.TempDir() + "/config"
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}

// BenchmarkWire counts bytes, and round trips by a delay of 300 ms each, of
// `ssh host true` and of a context up to the result of its first call, with our
// program in the target's cache and (cold) without.
func BenchmarkWire(b *testing.B) {
	const trip = 300 * time.Millisecond
	m := newMaster(b)
	cache := b.TempDir()
	sshd := sshdtest.Start(b, "SetEnv "+sshdtest.PlainShell+" XDG_CACHE_HOME="+cache)
	near, far := newWire(b, sshd.Addr, 0), newWire(b, sshd.Addr, trip/2)
	do := func(name, config string) {
		if name == "ssh-true" {
			if out, err := exec.Command("ssh", "-F", config, sshdtest.Host, "true").CombinedOutput(); err != nil {
				b.Fatalf("ssh: %v\n%s", err, out)
			}
			return
		}
		if strings.HasSuffix(name, "-cold") {
			if err := os.RemoveAll(cache + "/mitoscript"); err != nil {
				b.Fatal(err)
			}
		}
		opts := []value.Field{{Name: "config_file", Value: config}, {Name: "hostname", Value: sshdtest.Host}}
		if strings.HasPrefix(name, "openssh") {
			opts = append(opts, value.Field{Name: "ssh_path", Value: "ssh"})
		}
		c := m.open(b, "ssh", opts...)
		call(b, c)
		b.Cleanup(func() { m.end(b, c) })
	}
	nearBy, farBy := relayed(b, sshd, near), relayed(b, sshd, far)
	names := []string{"ssh-true", "native-cold", "native", "openssh-cold", "openssh"}
	bytes, times := make([]samples, len(names)), make([]samples, len(names))
	for b.Loop() {
		for i, name := range names {
			near.take()
			start := time.Now()
			do(name, nearBy)
			took := time.Since(start)
			bytes[i] = append(bytes[i], time.Duration(near.take()))
			start = time.Now()
			do(name, farBy)
			times[i] = append(times[i], time.Since(start)-took)
		}
	}
	for i, name := range names {
		b.ReportMetric(float64(bytes[i].median()), name+"-bytes")
		b.ReportMetric(float64(times[i].median())/float64(trip), name+"-round-trips")
	}
}

// BenchmarkSSHMemory is what idle contexts over ssh cost their master.
func BenchmarkSSHMemory(b *testing.B) {
	const contexts = 40
	m := newMaster(b)
	_, opts := fleetServer(b, m)
	m.end(b, m.open(b, "ssh", opts...)) // what the first one takes is for all
	for b.Loop() {
		before := inUse()
		var all []*mitogen.Context
		for range contexts {
			c := m.open(b, "ssh", opts...)
			call(b, c)
			all = append(all, c)
		}
		after := inUse()
		b.ReportMetric((after-before)/contexts/1024, "KB/context")
		b.ReportMetric(float64(runtime.NumGoroutine())/contexts, "goroutines/context")
		for _, c := range all {
			m.end(b, c)
		}
	}
}
