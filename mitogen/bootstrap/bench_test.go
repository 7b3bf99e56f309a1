package bootstrap_test

import (
	"context"
	"io"
	"os/exec"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
)

// BenchmarkWarm is a hit, from the start of sh to up.
func BenchmarkWarm(b *testing.B) {
	src := inMemory(b, echoProgram(1_000_000))
	home := b.TempDir()
	programs, _ := src.Programs(context.Background())
	for b.Loop() {
		opts := bootstrap.Options{Nonce: bootstrap.NewNonce(), Cache: true}
		opts.Args = []string{"child", opts.Nonce}
		stage, err := bootstrap.Stage(opts, programs)
		if err != nil {
			b.Fatal(err)
		}
		cmd := exec.Command("/bin/sh", "-c", stage)
		cmd.Env = []string{"HOME=" + home, "PATH=/usr/bin:/bin"}
		in, _ := cmd.StdinPipe()
		out, _ := cmd.StdoutPipe()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		_, err = bootstrap.Run(context.Background(), pipes{out, in}, src, opts)
		_ = in.Close()
		if werr := cmd.Wait(); err != nil || werr != nil {
			b.Fatal(err, werr)
		}
	}
}

type pipes struct {
	io.ReadCloser
	io.Writer
}
