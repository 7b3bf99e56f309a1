package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/fakessh"
	"github.com/mitoscript/mitoscript/mitogen/files"
	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// bulkSize is how much a transfer moves, in bytes.
const bulkSize = 2 << 30

// callEvery is how long to wait between a call and the next one.
const callEvery = 2 * time.Millisecond

// BenchmarkBulk moves 2 GiB each way, by copies and by commands, over several kinds
// of links, and calls the context meanwhile: how long the calls take, and how much
// memory the processes take above what they had.
func BenchmarkBulk(b *testing.B) {
	sshd := sshdtest.Start(b, "SetEnv XDG_CACHE_HOME="+b.TempDir())
	m := newMaster(b)
	config := value.Field{Name: "config_file", Value: sshd.Config}
	host := value.Field{Name: "hostname", Value: sshdtest.Host}
	native := m.open(b, "ssh", host, config)
	hop, err := m.factory.Connect(context.Background(), native, "local", options(nil))
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "large")
	if out, err := exec.Command("sh", "-c", fmt.Sprintf("head -c %d /dev/urandom > %s", bulkSize, file)).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for _, link := range []struct {
		name string
		path []*mitogen.Context // to the context that is copied to
	}{
		{"local", []*mitogen.Context{m.open(b, "local")}},
		{"native", []*mitogen.Context{native}},
		{"openssh", []*mitogen.Context{m.open(b, "ssh", host, config, value.Field{Name: "ssh_path", Value: "ssh"})}},
		{"hop", []*mitogen.Context{native, hop}},
	} {
		for _, way := range bulkWays(file) {
			b.Run(link.name+"/"+way.name, func(b *testing.B) { way.measure(b, link.path) })
		}
	}
}

// bulkWay is a way to move much.
type bulkWay struct {
	name string
	move func(c *mitogen.Context) error
}

func bulkWays(file string) []bulkWay {
	ctx, to := context.Background(), file+".copy"
	run := func(c *mitogen.Context, line string, in *os.File) error {
		status, err := fakessh.Exec(ctx, fakessh.Command{Dest: c, Line: line, Stdin: in, Stdout: io.Discard, Stderr: os.Stderr})
		if err == nil && status != (fakessh.Status{}) {
			err = fmt.Errorf("%s: %v", line, status)
		}
		return err
	}
	return []bulkWay{
		{"put", func(c *mitogen.Context) error { return files.Put(ctx, c, file, to, files.Options{}) }},
		{"get", func(c *mitogen.Context) error { return files.Get(ctx, c, file, to, files.Options{}) }},
		{"stdin", func(c *mitogen.Context) error {
			in, err := os.Open(file)
			if err != nil {
				return err
			}
			defer func() { _ = in.Close() }()
			return run(c, "cat >/dev/null", in)
		}},
		{"stdout", func(c *mitogen.Context) error { return run(c, "cat "+file, nil) }},
	}
}

// measure moves it and calls the last context of path meanwhile.
func (w bulkWay) measure(b *testing.B, path []*mitogen.Context) {
	c := path[len(path)-1]
	pids := []int{os.Getpid()}
	for _, on := range path {
		pids = append(pids, int(call(b, on).(int64)))
	}
	settle()
	before := make([]float64, len(pids))
	for i, pid := range pids {
		before[i] = rollup(b, pid)["Anonymous"]
	}
	peak := make([]float64, len(pids))
	var idle, calls, moved samples
	for range 100 {
		idle.time(func() { call(b, c) })
	}
	for b.Loop() {
		done := make(chan error, 1)
		start := time.Now()
		go func() { done <- w.move(c) }()
		err := error(nil)
		for busy := true; busy; {
			calls.time(func() { call(b, c) })
			for i, pid := range pids {
				peak[i] = max(peak[i], rollup(b, pid)["Anonymous"]-before[i])
			}
			select {
			case err = <-done:
				busy = false
			case <-time.After(callEvery):
			}
		}
		moved = append(moved, time.Since(start))
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(bulkSize)/1e6/moved.median().Seconds(), "MB/s")
	b.ReportMetric(micros(idle.median()), "idle-µs")
	b.ReportMetric(micros(calls.median()), "call-µs")
	b.ReportMetric(micros(calls.at(0.95)), "p95-µs")
	b.ReportMetric(micros(calls.at(1)), "max-µs")
	for i, kb := range peak {
		b.ReportMetric(kb/1024, fmt.Sprintf("process%d-MB", i))
	}
}
