package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
)

// BenchmarkExec runs `true` on 20 hosts, which are names of one sshd, by `mitoscript
// exec` and by `pdsh -R ssh`, in turn; whole processes.
func BenchmarkExec(b *testing.B) {
	pdsh, err := exec.LookPath("pdsh")
	if err != nil {
		b.Skip("there is no pdsh to compare with")
	}
	m := newMaster(b)
	sshd, _ := fleetServer(b, m)
	text, err := os.ReadFile(sshd.Config)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	config, hosts := filepath.Join(dir, "config"), filepath.Join(dir, "hosts")
	for file, text := range map[string]string{
		config: strings.Replace(string(text), "Host "+sshdtest.Host, "Host h*", 1),
		hosts:  "h[1:20]\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	env := append(os.Environ(), "PDSH_SSH_ARGS_APPEND=-F "+config, "XDG_STATE_HOME="+dir)
	times := map[string]*samples{}
	do := func(name string, argv ...string) {
		if times[name] == nil {
			times[name] = &samples{}
		}
		times[name].time(func() {
			cmd := exec.Command(argv[0], argv[1:]...)
			cmd.Env = env
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%s: %v\n%s", name, err, out)
			}
		})
	}
	ours := []string{program(b), "exec", "-i", hosts, "-F", config, "--connect-timeout", "300s"}
	for b.Loop() {
		do("pdsh", pdsh, "-S", "-R", "ssh", "-f", "32", "-w", "h[1-20]", "true")
		do("exec", append(ours[:len(ours):len(ours)], "--", "true")...)
		do("exec-max-starts-32", append(ours[:len(ours):len(ours)], "--max-starts", "32", "--", "true")...)
	}
	for name, s := range times {
		s.reportAs(b, name)
		if name != "pdsh" {
			b.ReportMetric(float64(s.median())/float64(times["pdsh"].median()), name+"/pdsh")
		}
	}
}
