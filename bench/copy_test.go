package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/files"
	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// copies are the ways to copy over ssh that are compared, in turn: scp, and put and
// get of a context that exists, by both engines.
type copies struct {
	b              *testing.B
	sshd           *sshdtest.Server
	native, byTool *mitogen.Context
	dir            string // where copies go; each is removed again
	made           int
}

func newCopies(b *testing.B) *copies {
	sshd := sshdtest.Start(b, "SetEnv "+sshdtest.PlainShell+" XDG_CACHE_HOME="+b.TempDir(), "Subsystem sftp internal-sftp")
	m := newMaster(b)
	config := value.Field{Name: "config_file", Value: sshd.Config}
	host := value.Field{Name: "hostname", Value: sshdtest.Host}
	c := &copies{b: b, sshd: sshd, dir: b.TempDir()}
	c.native = m.open(b, "ssh", host, config)
	c.byTool = m.open(b, "ssh", host, config, value.Field{Name: "ssh_path", Value: "ssh"})
	return c
}

// copyCost is what copies of one way took.
type copyCost struct{ wall, processor samples }

// each times a way to make one copy.
func (c *copies) each(s *copyCost, copy func(to string) error) {
	c.b.Helper()
	c.made++
	to := filepath.Join(c.dir, fmt.Sprint(c.made))
	before := processorTime(c.b)
	s.wall.time(func() {
		if err := copy(to); err != nil {
			c.b.Fatal(err)
		}
	})
	s.processor = append(s.processor, processorTime(c.b)-before)
	if err := os.RemoveAll(to); err != nil {
		c.b.Fatal(err)
	}
}

func (c *copies) scp(args ...string) error {
	out, err := exec.Command("scp", append([]string{"-q", "-F", c.sshd.Config}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("scp: %w\n%s", err, out)
	}
	return nil
}

// run compares the copies of source, which is a folder if flag is "-r".
func (c *copies) run(source, flag string) {
	opts := files.Options{Recursive: flag == "-r"}
	ctx := context.Background()
	var scpPut, scpGet, put, get, toolPut, toolGet copyCost
	for c.b.Loop() {
		c.each(&scpPut, func(to string) error { return c.scp(flag, source, sshdtest.Host+":"+to) })
		c.each(&put, func(to string) error { return files.Put(ctx, c.native, source, to, opts) })
		c.each(&toolPut, func(to string) error { return files.Put(ctx, c.byTool, source, to, opts) })
		c.each(&scpGet, func(to string) error { return c.scp(flag, sshdtest.Host+":"+source, to) })
		c.each(&get, func(to string) error { return files.Get(ctx, c.native, source, to, opts) })
		c.each(&toolGet, func(to string) error { return files.Get(ctx, c.byTool, source, to, opts) })
	}
	for name, s := range map[string]copyCost{
		"scp-put": scpPut, "put": put, "openssh-put": toolPut, "scp-get": scpGet, "get": get, "openssh-get": toolGet,
	} {
		s.wall.reportAs(c.b, name)
		s.processor.reportAs(c.b, name+"-processor")
	}
}

// BenchmarkCopyLarge copies a file of 200 MB.
func BenchmarkCopyLarge(b *testing.B) { newCopies(b).run(largeFile(b), "-p") }

// BenchmarkCopySmall copies a folder of 10 000 files of 1 KB, in 100 folders.
func BenchmarkCopySmall(b *testing.B) { newCopies(b).run(smallFiles(b), "-r") }

// largeFile makes a file of 200 MB that does not compress.
func largeFile(b *testing.B) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), "large")
	data := make([]byte, 200_000_000)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data) // it never fails
	if err := os.WriteFile(file, data, 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}

// smallFiles makes a folder of 10 000 files of 1 KB, in 100 folders.
func smallFiles(b *testing.B) string {
	b.Helper()
	folder := filepath.Join(b.TempDir(), "small")
	data := make([]byte, 1000)
	for i := range 100 {
		dir := filepath.Join(folder, fmt.Sprint(i))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			b.Fatal(err)
		}
		for j := range 100 {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(j)), data, 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	return folder
}
