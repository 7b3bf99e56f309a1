package nativessh_test

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Ways that lead to a host: jump hosts and commands, and where they end.
func TestEnginesGetThereAlike(t *testing.T) {
	s := newScene(t)
	text, err := os.ReadFile(s.Config)
	must(t, err)
	talker := listen(t, func(c net.Conn) { _, _ = c.Write([]byte("go away\r\n")) })
	for _, c := range []struct {
		name  string
		lines []string // of the host called far
		phase transport.Phase
		want  string     // of the error; "" for none
		kind  value.Kind // StreamError if none is given
	}{
		{name: "jump", lines: []string{"ProxyJump web1"}},
		{name: "jump, with account and port", lines: []string{fmt.Sprintf("ProxyJump %s@web1:%d", s.User, s.Port)}},
		{name: "two jumps", lines: []string{fmt.Sprintf("ProxyJump web1,%s@web1:%d", s.User, s.Port)}},
		{name: "a jump of a jump", lines: []string{"ProxyJump near"}},
		{name: "no jump", lines: []string{"ProxyJump none"}},
		{name: "command", lines: []string{"ProxyCommand ssh -F " + s.Config + " -W %h:%p web1"}},
		{name: "command, quoted", lines: []string{`ProxyCommand sh -c 'exec ssh -F "$1" -W "$2:$3" web1' - ` + s.Config + " %h %p"}},
		{name: "jump wins where it comes first", lines: []string{"ProxyJump web1", "ProxyCommand false"}},
		{name: "nobody listens behind the jump", lines: []string{"ProxyJump web1", "Port 1"}, phase: transport.PhasePort,
			want: "ssh far: cannot connect to 127.0.0.1:1 from web1: connection refused"},
		{name: "the jump host refuses", lines: []string{"ProxyJump stranger"}, phase: transport.PhaseAuth,
			want: "ssh far: cannot get there: ssh stranger: SSH authentication is incorrect (user "},
		{name: "no such jump host", lines: []string{"ProxyJump nowhere"}, phase: transport.PhaseName,
			want: "ssh far: cannot get there: ssh nowhere: cannot resolve nowhere.invalid: "},
		{name: "nobody listens at the jump host", lines: []string{"ProxyJump deserted"}, phase: transport.PhasePort,
			want: "ssh far: cannot get there: ssh deserted: cannot connect to 127.0.0.1:1: connection refused"},
		{name: "the jump host has an unknown key", lines: []string{"ProxyJump unknown"}, phase: transport.PhaseHostKey, kind: value.KindHostKey,
			want: "ssh far: cannot get there: ssh unknown: the host key of "},
		{name: "a command that fails", lines: []string{"ProxyCommand sh -c 'echo no way >&2; exit 3'"}, phase: transport.PhaseKeyExchange,
			want: "ssh far: key exchange"},
		{name: "a command that is missing", lines: []string{"ProxyCommand /no/such/command"}, phase: transport.PhaseKeyExchange,
			want: "ssh far: key exchange"},
		{name: "a command that leads elsewhere", lines: []string{"ProxyCommand sh -c 'printf \"go away\\\\r\\\\n\"'"}, phase: transport.PhaseKeyExchange,
			want: "ssh far: key exchange"},
		{name: "behind the jump is no ssh server", lines: []string{"ProxyJump web1", fmt.Sprint("Port ", talker)}, phase: transport.PhaseKeyExchange,
			want: "ssh far: key exchange"},
	} {
		config := s.write("config-"+strings.ReplaceAll(c.name, " ", "-"), "Host far\n  "+strings.Join(c.lines, "\n  ")+`
Host near
  ProxyJump web1
Host nowhere
  HostName nowhere.invalid
Host deserted
  Port 1
Host unknown
  UserKnownHostsFile none
Host stranger
  PubkeyAuthentication no
`+strings.NewReplacer("Host web1", "Host web1 near deserted nowhere far stranger unknown").Replace(string(text)))
		for engine, run := range engines {
			t.Run(c.name+" "+engine, func(t *testing.T) {
				out, err := run(t, request{host: "far", config: config}, "echo up")
				checkAlike(t, out, err, cmp.Or(c.kind, value.KindStream), c.phase, c.want)
			})
		}
	}
}

// A password is for the host that it was given for: a jump host that asks for one gets
// it from a person, or there is an error.
func TestEnginesKeepPasswordsFromJumpHosts(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("there is no ssh on this machine")
	}
	t.Setenv("SSH_AUTH_SOCK", "")
	var heard sync.Map
	near := serve(t, func(s *server) {
		s.PasswordCallback = func(_ ssh.ConnMetadata, p []byte) (*ssh.Permissions, error) {
			heard.Store(string(p), true)
			if string(p) == "for near" {
				return nil, nil
			}
			return nil, errRefused
		}
	})
	far := serve(t, passwordServer)
	cl := newClient(t, far)
	cl.write(t, "known_hosts", knownLine(near.port, near.host.PublicKey())+knownLine(far.port, far.host.PublicKey()))
	cl.write(t, "config", fmt.Sprintf(`
Host near
  Port %d
Host far
  Port %d
  ProxyJump near
Host *
  HostName 127.0.0.1
  User someone
  IdentityFile none
  UserKnownHostsFile %s
  GlobalKnownHostsFile none
  GSSAPIAuthentication no
`, near.port, far.port, cl.path("known_hosts")))
	answers := func(text string) func(context.Context, string) (string, error) {
		return func(context.Context, string) (string, error) { return text, nil }
	}
	for _, c := range []struct {
		name string
		ask  func(context.Context, string) (string, error)
		want string
	}{
		{name: "nobody to ask", want: "ssh far: cannot get there: ssh near: SSH password was requested, but none specified"},
		{name: "asked", ask: answers("for near")},
		{name: "asked, wrong", ask: answers("wrong"), want: "ssh far: cannot get there: ssh near: SSH password is incorrect"},
	} {
		for engine, run := range engines {
			t.Run(c.name+" "+engine, func(t *testing.T) {
				out, err := run(t, request{host: "far", config: cl.opts.ConfigFile, password: "right", ask: c.ask}, "echo up")
				checkAlike(t, out, err, value.KindPassword, transport.PhaseAuth, c.want)
			})
		}
	}
	t.Run("both ssh programs tell what they do", func(t *testing.T) {
		out, err := output(t, &transport.OpenSSH{
			Hostname: "far", ConfigFile: cl.opts.ConfigFile, Args: []string{"-v"}, Password: wantSecret(t, "right"), Ask: answers("for near"),
		}, "echo up")
		checkAlike(t, out, err, "", "", "")
	})
	if _, told := heard.Load("right"); told {
		t.Error("the jump host got the password")
	}
}
