package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/fakessh"
	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// BenchmarkFakeSSH is rsync, scp and sftp over a context that exists, beside the
// same by ssh, which logs in each time; and rsync over a local context beside rsync
// from folder to folder. In turn: 200 MB, and a folder of 10 000 small files.
func BenchmarkFakeSSH(b *testing.B) {
	f := newFakes(b)
	b.Run("Large", func(b *testing.B) {
		file := largeFile(b)
		f.run(b, []pair{
			{"rsync", func(to string) []string { return []string{"rsync", "-W", file, sshdtest.Host + ":" + to} }},
			{"scp", func(to string) []string { return []string{"scp", "-q", file, sshdtest.Host + ":" + to} }},
			{"sftp", func(to string) []string { return []string{"sftp", "-q", sshdtest.Host + ":" + file, to} }},
		}, func(to string) []string { return []string{"rsync", "-W", file, to} })
	})
	b.Run("Small", func(b *testing.B) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // as the program has it for such work
		dir := smallFiles(b)
		f.run(b, []pair{
			{"rsync", func(to string) []string { return []string{"rsync", "-a", dir, sshdtest.Host + ":" + to + "/"} }},
			{"scp", func(to string) []string { return []string{"scp", "-qr", dir, sshdtest.Host + ":" + to} }},
		}, func(to string) []string { return []string{"rsync", "-a", dir, to + "/"} })
	})
}

// pair is what is done twice, over a context and by ssh.
type pair struct {
	name string
	argv func(to string) []string
}

type fakes struct {
	sshd       *sshdtest.Server
	ssh, local *mitogen.Context
	dir        string // where copies go
}

func newFakes(b *testing.B) *fakes {
	sshd := sshdtest.Start(b, "SetEnv "+sshdtest.PlainShell+" XDG_CACHE_HOME="+b.TempDir(), "Subsystem sftp /usr/lib/openssh/sftp-server")
	m := newMaster(b)
	f := &fakes{sshd: sshd, dir: b.TempDir(), local: m.open(b, "local")}
	f.ssh = m.open(b, "ssh", value.Field{Name: "hostname", Value: sshdtest.Host}, value.Field{Name: "config_file", Value: sshd.Config})
	return f
}

// run compares; plain is what the local context is compared with.
func (f *fakes) run(b *testing.B, pairs []pair, plain func(to string) []string) {
	direct, fake := make([]samples, len(pairs)), make([]samples, len(pairs))
	var plainly, locally samples
	for b.Loop() {
		for i, p := range pairs {
			f.each(b, &direct[i], p.argv, f.direct)
			f.each(b, &fake[i], p.argv, func(argv []string) error { return f.over(f.ssh, argv) })
		}
		f.each(b, &plainly, plain, f.direct)
		f.each(b, &locally, pairs[0].argv, func(argv []string) error { return f.over(f.local, argv) })
	}
	b.ReportMetric(0, "ns/op")
	for i, p := range pairs {
		direct[i].reportAs(b, p.name+"-ssh")
		fake[i].reportAs(b, p.name)
		b.ReportMetric(float64(fake[i].median())/float64(direct[i].median()), p.name+"/ssh")
	}
	plainly.reportAs(b, "rsync-plain")
	locally.reportAs(b, "rsync-local")
	b.ReportMetric(float64(locally.median())/float64(plainly.median()), "rsync-local/plain")
}

func (f *fakes) each(b *testing.B, s *samples, argv func(to string) []string, run func(argv []string) error) {
	b.Helper()
	to := filepath.Join(f.dir, "copy")
	s.time(func() {
		if err := run(argv(to)); err != nil {
			b.Fatal(err)
		}
	})
	if err := os.RemoveAll(to); err != nil {
		b.Fatal(err)
	}
}

// direct lets the program use ssh.
func (f *fakes) direct(argv []string) error {
	rsh := []string{"-F", f.sshd.Config}
	if argv[0] == "rsync" {
		rsh = []string{"-e", "ssh -F " + f.sshd.Config}
	}
	out, err := exec.Command(argv[0], append(rsh, argv[1:]...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%q: %w\n%s", argv, err, out)
	}
	return nil
}

func (f *fakes) over(c *mitogen.Context, argv []string) error {
	status, err := fakessh.Run(context.Background(), fakessh.Options{Dest: c, Args: argv, Stderr: os.Stderr})
	if err == nil && status != 0 {
		err = fmt.Errorf("%q: status %d", argv, status)
	}
	return err
}
