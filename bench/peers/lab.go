package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
)

// lab is what the tasks work with: programs, a private sshd and files.
type lab struct {
	testing.TB // only what host has is called
	host
	program string // mitoscript
	hosts   int
	names   []string // of the hosts
	missing []string // what is not installed
	has     map[string]bool
	sudo    bool // it asks for no password
}

// host stands in for a test, for sshdtest: it keeps what is to be undone.
type host struct {
	dir     string
	made    int
	cleanup []func()
}

func (l *lab) Helper()                   {}
func (l *lab) Cleanup(fn func())         { l.cleanup = append(l.cleanup, fn) }
func (l *lab) Fatal(args ...any)         { panic(errors.New(fmt.Sprint(args...))) }
func (l *lab) Fatalf(f string, a ...any) { panic(fmt.Errorf(f, a...)) }
func (l *lab) Skip(args ...any)          { l.Fatal(args...) }

func (l *lab) TempDir() string {
	l.made++
	dir := filepath.Join(l.dir, fmt.Sprint("t", l.made))
	if err := os.Mkdir(dir, 0o700); err != nil {
		l.Fatal(err)
	}
	return dir
}

// tools says by which program or module a tool is known, and its Debian package.
var tools = []struct{ tool, probe, pkg string }{
	{python, "import mitogen; print('.'.join(map(str, mitogen.__version__)))", "python3-mitogen"},
	{execnet, "import execnet; print(execnet.__version__)", "python3-execnet"},
	{ansible, "ansible", "ansible-core"},
	{pdsh, "pdsh", "pdsh"},
	{clush, "clush", "clustershell"},
	{xargs, "xargs", "findutils"},
}

const pythonProgram = "/usr/bin/python3" // Debian's, whose packages are installed

func newLab(program string, hosts int) (l *lab, err error) {
	l = &lab{hosts: hosts, has: map[string]bool{ours: true, pipe: true}}
	if l.program, err = filepath.Abs(program); err != nil {
		return nil, err
	}
	if _, err := os.Stat(l.program); err != nil {
		return nil, fmt.Errorf("there is no program to measure: %w (run `make build`)", err)
	}
	for _, t := range tools {
		var err error
		if strings.HasPrefix(t.probe, "import") {
			err = exec.Command(pythonProgram, "-c", t.probe).Run()
		} else {
			_, err = exec.LookPath(t.probe)
		}
		if l.has[t.tool] = err == nil; err != nil {
			l.missing = append(l.missing, fmt.Sprintf("%s (Debian: %s)", t.tool, t.pkg))
		}
	}
	if l.sudo = exec.Command("sudo", "-n", "true").Run() == nil; !l.sudo {
		l.missing = append(l.missing, "sudo without a password")
	}
	if l.dir, err = os.MkdirTemp("", "peers"); err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			l.close()
			failed, ok := r.(error)
			if !ok {
				panic(r)
			}
			l, err = nil, failed
		}
	}()
	return l, l.prepare()
}

// prepare starts the server and writes the configurations of all tools.
func (l *lab) prepare() error {
	sshd := sshdtest.Start(l, "SetEnv "+sshdtest.PlainShell+" XDG_CACHE_HOME="+l.TempDir(), "MaxStartups 1000", "MaxSessions 1000")
	text, err := os.ReadFile(sshd.Config)
	if err != nil {
		return err
	}
	for i := range l.hosts {
		l.names = append(l.names, fmt.Sprint("h", i+1))
	}
	config := strings.Replace(string(text), "Host "+sshdtest.Host, "Host "+strings.Join(l.names, " "), 1)
	var inventory, clustershell strings.Builder
	for _, name := range l.names {
		fmt.Fprintf(&inventory, "%s ansible_python_interpreter=%s\n", name, pythonProgram)
	}
	fmt.Fprintf(&clustershell, "[Main]\nfanout: %d\nssh_options: -F %s\n", l.hosts, l.file("ssh_config"))
	for name, text := range map[string]string{"ssh_config": config, "inventory": inventory.String(), "ansible.cfg": "", "clush.conf": clustershell.String()} {
		if err := os.WriteFile(l.file(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	for name, size := range map[string]int{"file": 64_000_000, "large": 256_000_000} {
		data := make([]byte, size)
		_, _ = rand.NewChaCha8([32]byte{}).Read(data) // it never fails
		if err := os.WriteFile(l.file(name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (l *lab) file(name string) string { return filepath.Join(l.dir, name) }

func (l *lab) close() {
	for i := len(l.cleanup) - 1; i >= 0; i-- {
		l.cleanup[i]()
	}
	_ = os.RemoveAll(l.dir)
}

// versions are of what took part.
func (l *lab) versions() []string {
	said := []string{runtime.Version()}
	ask := func(name string, argv ...string) {
		out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		if err == nil {
			said = append(said, strings.TrimSpace(name+" "+first))
		}
	}
	ask("", l.program, "version")
	ask("", pythonProgram, "--version")
	for _, t := range tools {
		switch {
		case !l.has[t.tool] || t.tool == xargs:
		case strings.HasPrefix(t.probe, "import"):
			ask(t.tool, pythonProgram, "-c", t.probe)
		case t.tool == pdsh:
			ask("", t.probe, "-V")
		default:
			ask("", t.probe, "--version")
		}
	}
	ask("", "ssh", "-V")
	return said
}
