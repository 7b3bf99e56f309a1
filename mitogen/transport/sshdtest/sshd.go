package sshdtest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// PlainShell, in a SetEnv line of the server, keeps a login shell that is bash from
// running the account's ~/.bashrc, which may take longer than all else of a login. Of
// several such lines the server heeds the first; it has one with this alone itself.
const PlainShell = "SHLVL=1"

// Require is the environment variable that lists, after commas, the tools whose
// absence fails a test that would be skipped otherwise.
const Require = "MITOSCRIPT_TEST_REQUIRE"

// Host is the name under which Server.Config knows the server.
const Host = "web1"

// startTimeout is how long sshd may take until it listens.
const startTimeout = 20 * time.Second

// Server is a running sshd.
type Server struct {
	// Addr is "127.0.0.1:PORT".
	Addr string
	Port int
	// User is the account that may log in: the one that runs the test.
	User string
	// IdentityFile is a private key that the server accepts, without passphrase.
	IdentityFile string
	// KnownHosts is a file that has the server's host key.
	KnownHosts string
	// HostKey is the server's public host key, as a line of a .pub file.
	HostKey string
	// AuthorizedKeys may be appended to; the server reads it at each login.
	AuthorizedKeys string
	// Config is a client's configuration (ssh -F) in which Host stands for the
	// server, with all of the above.
	Config string
	// Dir is the temporary folder that holds all of these.
	Dir string

	cmd     *exec.Cmd
	drained chan struct{}
	mu      sync.Mutex
	log     strings.Builder // guarded by mu
}

// Start runs sshd until the test ends; lines are added to its configuration,
// where they win over its own. Without an sshd the test is skipped, or fails if
// Require lists "sshd".
func Start(t testing.TB, lines ...string) *Server {
	t.Helper()
	program := find(t)
	s := &Server{Dir: t.TempDir()}
	s.prepare(t)
	// Another process may take the port between its choice and sshd's bind.
	for range 3 {
		s.Port = freePort(t)
		s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port))
		if s.run(t, program, lines) {
			s.writeClientFiles(t)
			return s
		}
	}
	t.Fatalf("sshd does not start:\n%s", s.Log())
	return nil
}

// Log returns what sshd has printed so far.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// Drop ends the connections that are open, as a lost network would, and keeps
// listening.
func (s *Server) Drop() {
	for _, pid := range children(s.cmd.Process.Pid) {
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill()
		}
	}
}

func find(t testing.TB) string {
	t.Helper()
	for _, p := range []string{"/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"} {
		if info, err := os.Stat(p); err == nil && info.Mode()&0o111 != 0 {
			return p
		}
	}
	const reason = "there is no sshd on this machine"
	for _, tool := range strings.Split(os.Getenv(Require), ",") {
		if strings.TrimSpace(tool) == "sshd" {
			t.Fatalf("%s, and %s asks for it", reason, Require)
		}
	}
	t.Skip(reason)
	return ""
}

// prepare makes keys and what sshd wants to find on the machine.
func (s *Server) prepare(t testing.TB) {
	t.Helper()
	u, err := user.Current()
	must(t, err)
	s.User = u.Username
	if os.Geteuid() == 0 {
		must(t, os.MkdirAll("/run/sshd", 0o755))
	}
	s.HostKey = writeKey(t, s.path("host_key"))
	s.IdentityFile = s.path("id_ed25519")
	s.AuthorizedKeys = s.path("authorized_keys")
	write(t, s.AuthorizedKeys, writeKey(t, s.IdentityFile)+"\n")
}

func (s *Server) serverConfig(lines []string) string {
	// run waits for a line of the log: its level is not to be overridden.
	first := "LogLevel VERBOSE"
	own := []string{
		"ListenAddress " + s.Addr,
		"HostKey " + s.path("host_key"),
		"AuthorizedKeysFile " + s.AuthorizedKeys,
		"PidFile none",
		"UsePAM no",
		"StrictModes no",
		"PermitRootLogin yes",
		"PasswordAuthentication no",
		"KbdInteractiveAuthentication no",
		"PrintMotd no",
		"MaxStartups 100",
		"SetEnv " + PlainShell,
	}
	return strings.Join(slices.Concat([]string{first}, lines, own), "\n") + "\n"
}

// run reports whether sshd listens; it has ended otherwise.
func (s *Server) run(t testing.TB, program string, lines []string) bool {
	t.Helper()
	config := s.path("sshd_config")
	write(t, config, s.serverConfig(lines))
	s.cmd = exec.Command(program, "-D", "-e", "-f", config)
	stderr, err := s.cmd.StderrPipe()
	must(t, err)
	must(t, s.cmd.Start())
	listening := make(chan bool, 1)
	s.drained = make(chan struct{})
	go s.drain(bufio.NewScanner(stderr), listening)
	select {
	case ok := <-listening:
		if ok {
			t.Cleanup(s.stop)
			return true
		}
	case <-time.After(startTimeout):
		_ = s.cmd.Process.Kill()
	}
	<-s.drained
	_ = s.cmd.Wait()
	return false
}

func (s *Server) drain(lines *bufio.Scanner, listening chan<- bool) {
	defer close(s.drained)
	said := false
	for lines.Scan() {
		s.mu.Lock()
		s.log.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
		if !said && strings.HasPrefix(lines.Text(), "Server listening on ") {
			said = true
			listening <- true
		}
	}
	if !said {
		listening <- false
	}
}

// stop ends the listener first, so that no session can follow those that it ends.
func (s *Server) stop() {
	sessions := children(s.cmd.Process.Pid)
	_ = s.cmd.Process.Kill()
	for _, pid := range sessions {
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill()
		}
	}
	<-s.drained
	_ = s.cmd.Wait()
}

func (s *Server) writeClientFiles(t testing.TB) {
	t.Helper()
	s.KnownHosts = s.path("known_hosts")
	write(t, s.KnownHosts, fmt.Sprintf("[127.0.0.1]:%d %s\n", s.Port, s.HostKey))
	s.Config = s.path("config")
	write(t, s.Config, strings.Join([]string{
		"Host " + Host,
		"  HostName 127.0.0.1",
		"  Port " + strconv.Itoa(s.Port),
		"  User " + s.User,
		"  IdentityFile " + s.IdentityFile,
		"  IdentitiesOnly yes",
		"  IdentityAgent none",
		"  GSSAPIAuthentication no",
		"  UserKnownHostsFile " + s.KnownHosts,
		"  GlobalKnownHostsFile none",
		"  StrictHostKeyChecking yes", "",
	}, "\n"))
}

func (s *Server) path(name string) string { return filepath.Join(s.Dir, name) }

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// children lists the direct children of a process; none where /proc has no such
// list, then their clients' leaving ends them.
func children(pid int) []int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	var pids []int
	for _, f := range strings.Fields(string(text)) {
		if n, err := strconv.Atoi(f); err == nil {
			pids = append(pids, n)
		}
	}
	return pids
}
