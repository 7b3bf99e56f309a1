package bench

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// frameSize is that of a small call: a header and 74 bytes.
const frameSize = 100

// echo sends back what it reads, in one goroutine, as fast as Go can.
func echo() {
	runtime.GOMAXPROCS(1)
	buf := make([]byte, frameSize)
	for {
		if _, err := io.ReadFull(os.Stdin, buf); err != nil {
			return
		}
		if _, err := os.Stdout.Write(buf); err != nil {
			return
		}
	}
}

// BenchmarkPipe is the floor under every call: frames of 100 bytes to another Go
// process and back, with nothing done to them.
func BenchmarkPipe(b *testing.B) {
	trip := newPipe(b)
	var s samples
	for b.Loop() {
		s.time(trip)
	}
	s.report(b)
}

// newPipe starts the other process; trip is one way there and back.
func newPipe(b *testing.B) (trip func()) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self, echoCommand)
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	buf := make([]byte, frameSize)
	return func() {
		if _, err := in.Write(buf); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(out, buf); err != nil {
			b.Fatal(err)
		}
	}
}
