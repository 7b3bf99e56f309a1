package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// BenchmarkSSH is from asking for a context to the result of a first call in it,
// on a target that has our program in its cache (hit) and on one that has not
// (cold), by both engines, and `ssh host true`, in turn.
func BenchmarkSSH(b *testing.B) {
	cache := b.TempDir()
	sshd := sshdtest.Start(b, "SetEnv "+sshdtest.PlainShell+" XDG_CACHE_HOME="+cache)
	m := newMaster(b)
	config := value.Field{Name: "config_file", Value: sshd.Config}
	host := value.Field{Name: "hostname", Value: sshdtest.Host}
	openSSH := value.Field{Name: "ssh_path", Value: "ssh"}

	first := func(s *samples, opts ...value.Field) {
		var c *mitogen.Context
		s.time(func() {
			c = m.open(b, "ssh", opts...)
			call(b, c)
		})
		m.end(b, c)
	}
	forget := func() {
		if err := os.RemoveAll(filepath.Join(cache, "mitoscript")); err != nil {
			b.Fatal(err)
		}
	}
	var plain, nativeCold, nativeHit, openCold, openHit samples
	for b.Loop() {
		plain.time(func() {
			if out, err := exec.Command("ssh", "-F", sshd.Config, sshdtest.Host, "true").CombinedOutput(); err != nil {
				b.Fatalf("ssh: %v\n%s", err, out)
			}
		})
		forget()
		first(&nativeCold, host, config)
		first(&nativeHit, host, config)
		forget()
		first(&openCold, host, config, openSSH)
		first(&openHit, host, config, openSSH)
	}
	plain.reportAs(b, "ssh-true")
	nativeCold.reportAs(b, "native-cold")
	nativeHit.reportAs(b, "native-hit")
	openCold.reportAs(b, "openssh-cold")
	openHit.reportAs(b, "openssh-hit")
	b.ReportMetric(float64(nativeHit.median())/float64(plain.median()), "native-hit/ssh-true")
	b.ReportMetric(float64(openHit.median())/float64(plain.median()), "openssh-hit/ssh-true")
}
