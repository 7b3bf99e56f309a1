package nativessh_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/transport/nativessh"
	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// request is what both engines are asked for.
type request struct {
	host, config string
	password     string
	identity     string
	keys         transport.HostKeys
	ask          func(context.Context, string) (string, error)
}

// engines run a command, and give its output or what went wrong.
var engines = map[string]func(t *testing.T, r request, command string) (string, error){
	"native": func(t *testing.T, r request, command string) (string, error) {
		cfg, err := nativessh.Resolve(t.Context(), nativessh.Options{
			Host: r.host, ConfigFile: r.config, Password: wantSecret(t, r.password), IdentityFile: r.identity,
			CheckHostKeys: nativessh.HostKeyPolicy(r.keys), Ask: r.ask,
		})
		if err != nil {
			return "", err
		}
		if why := cfg.Unsupported(); why != "" {
			t.Fatalf("left to the other engine: %s", why)
		}
		return output(t, nativessh.New(cfg), command)
	},
	"OpenSSH": func(t *testing.T, r request, command string) (string, error) {
		return output(t, &transport.OpenSSH{
			Hostname: r.host, ConfigFile: r.config, Password: wantSecret(t, r.password), IdentityFile: r.identity,
			HostKeys: r.keys, Ask: r.ask,
		}, command)
	},
}

func output(t *testing.T, tr transport.Transport, command string) (string, error) {
	link, err := tr.Open(testContext(t), []string{"sh", "-c", command})
	if err != nil {
		return "", err
	}
	defer func() {
		if err := transport.End(t.Context(), link, deadline); err != nil {
			t.Error(err)
		}
	}()
	var out []byte
	ended := make(chan struct{})
	go func() { defer close(ended); out, _ = io.ReadAll(link); _ = link.Wait() }()
	select {
	case <-ended:
	case err = <-link.Failure(): // it may wait for an answer
		_ = link.Kill()
		<-ended
		return "", err
	}
	select {
	case err = <-link.Failure():
		return "", err
	default:
	}
	if len(out) == 0 {
		t.Errorf("no output and no error; it said %q", link.Diagnostics())
	}
	return string(out), nil
}

// scene is a server, and the files of an account that connects to it as web1.
type scene struct {
	*sshdtest.Server
	t   *testing.T
	dir string
}

func newScene(t *testing.T, server ...string) *scene {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("there is no ssh on this machine")
	}
	t.Setenv("SSH_AUTH_SOCK", "")
	return &scene{Server: sshdtest.Start(t, server...), t: t, dir: t.TempDir()}
}

func (s *scene) path(name string) string { return filepath.Join(s.dir, name) }

func (s *scene) write(name, text string) string {
	s.t.Helper()
	must(s.t, os.WriteFile(s.path(name), []byte(text), 0o600))
	return s.path(name)
}

func (s *scene) keygen(args ...string) {
	s.t.Helper()
	if out, err := exec.Command("ssh-keygen", append([]string{"-q"}, args...)...).CombinedOutput(); err != nil {
		s.t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
}

// configure writes a configuration whose lines win over those that reach the server.
func (s *scene) configure(name string, lines ...string) string {
	text, err := os.ReadFile(s.Config)
	must(s.t, err)
	return s.write(name, "Host web1\n  "+strings.Join(lines, "\n  ")+"\n"+string(text))
}

// Hosts' keys: what is known, where, and what becomes of it.
func TestEnginesJudgeHostKeysAlike(t *testing.T) {
	s := newScene(t)
	line := func(name, key string) string { return name + " " + key + "\n" }
	name := fmt.Sprintf("[127.0.0.1]:%d", s.Port)
	other := string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(newSigner(t).PublicKey())))
	known := func(file, text string) string { return "UserKnownHostsFile " + s.write(file, text) }
	s.write("hashed", line(name, s.HostKey))
	s.keygen("-H", "-f", s.path("hashed"))
	s.write("with spaces in it", line(name, s.HostKey))
	fingerprint := ssh.FingerprintSHA256(parseKey(t, s.HostKey))
	for _, c := range []struct {
		name  string
		lines []string
		keys  transport.HostKeys
		want  string // of the error; "" for none
	}{
		{name: "known", lines: []string{known("plain", line(name, s.HostKey))}},
		{name: "hashed", lines: []string{"UserKnownHostsFile " + s.path("hashed")}},
		{name: "second file", lines: []string{fmt.Sprintf("UserKnownHostsFile %s %s", s.path("none"), s.path("plain"))}},
		{name: "path with spaces", lines: []string{fmt.Sprintf("UserKnownHostsFile %s %q", s.path("none"), s.path("with spaces in it"))}},
		{name: "global file", lines: []string{"UserKnownHostsFile none", "GlobalKnownHostsFile " + s.path("plain")}},
		{name: "without the port", lines: []string{known("bare", line("127.0.0.1", s.HostKey))}},
		{name: "pattern", lines: []string{known("pattern", line("[127.*]:*,!10.0.0.1", s.HostKey))}},
		{name: "alias", lines: []string{"HostKeyAlias db", known("alias", line("db", s.HostKey))}},
		{name: "ignored", lines: []string{known("wrong", line(name, other))}, keys: transport.IgnoreHostKeys},
		{name: "unknown", lines: []string{"UserKnownHostsFile " + s.path("none")},
			want: fmt.Sprintf("ssh web1: the host key of %s (ssh-ed25519 %s) is unknown", name, fingerprint)},
		{name: "changed", lines: []string{known("changed", "# one\n"+line(name, other))},
			want: fmt.Sprintf("ssh web1: the host key of %s (ssh-ed25519 %s) has changed: %s:2 has another", name, fingerprint, s.path("changed"))},
		{name: "changed, new ones accepted", lines: []string{known("changed2", line(name, other))}, keys: transport.AcceptHostKeys,
			want: fmt.Sprintf("ssh web1: the host key of %s (ssh-ed25519 %s) has changed: %s:1 has another", name, fingerprint, s.path("changed2"))},
		{name: "revoked", lines: []string{known("revoked", line(name, s.HostKey)+line("@revoked *", s.HostKey))},
			want: fmt.Sprintf("ssh web1: the host key of %s (ssh-ed25519 %s) is revoked", name, fingerprint)},
	} {
		config := s.configure("config", c.lines...)
		for engine, run := range engines {
			t.Run(c.name+" "+engine, func(t *testing.T) {
				out, err := run(t, request{host: "web1", config: config, keys: c.keys}, "echo up")
				checkAlike(t, out, err, value.KindHostKey, transport.PhaseHostKey, c.want)
			})
		}
	}
	for engine, run := range engines {
		t.Run("accepted and recorded "+engine, func(t *testing.T) {
			config := s.configure("config", "UserKnownHostsFile "+s.path("new-"+engine), "HashKnownHosts no")
			for _, keys := range []transport.HostKeys{transport.AcceptHostKeys, transport.EnforceHostKeys} {
				out, err := run(t, request{host: "web1", config: config, keys: keys}, "echo up")
				checkAlike(t, out, err, "", "", "")
			}
			if text, err := os.ReadFile(s.path("new-" + engine)); err != nil || string(text) != line(name, s.HostKey) {
				t.Errorf("recorded %q, %v", text, err)
			}
		})
	}
}

func parseKey(t *testing.T, line string) ssh.PublicKey {
	t.Helper()
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	must(t, err)
	return key
}

// checkAlike wants "up", or an error that both engines word in the same way and that
// is of the host which want begins with ("ssh HOST: ").
func checkAlike(t *testing.T, out string, err error, kind value.Kind, phase transport.Phase, want string) {
	t.Helper()
	if want == "" {
		if err != nil || out != "up\n" {
			t.Errorf("got %q, %v", out, err)
		}
		return
	}
	wantError(t, err, kind)
	if !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	named := strings.Split(want, "ssh ") // the last one is where it failed
	host, _, _ := strings.Cut(named[len(named)-1], ":")
	if attr(err, "phase") != string(phase) || attr(err, "host") != host || attr(err, "hint") == nil {
		t.Errorf("%v: phase %v, host %v, hint %v", err, attr(err, "phase"), attr(err, "host"), attr(err, "hint"))
	}
}

// A host's certificate of an authority that is trusted, and of one that is not.
func TestEnginesKnowAuthoritiesAlike(t *testing.T) {
	dir := t.TempDir()
	s := newScene(t, "HostCertificate "+dir+"/host-cert.pub", "HostKey "+dir+"/host")
	for _, k := range []string{dir + "/host", dir + "/ca", dir + "/other"} {
		s.keygen("-t", "ed25519", "-N", "", "-f", k)
	}
	s.keygen("-s", dir+"/ca", "-I", "host", "-h", "-n", "127.0.0.1", dir+"/host.pub")
	for name, c := range map[string]struct{ ca, pattern, want string }{
		"trusted": {ca: "ca", pattern: "[127.0.0.*]:*"},
		"another": {ca: "other", pattern: "[127.0.0.*]:*", want: "ssh web1: the host key of "},
	} {
		key, err := os.ReadFile(filepath.Join(dir, c.ca+".pub"))
		must(t, err)
		config := s.configure("config", "UserKnownHostsFile "+s.write("ca", "@cert-authority "+c.pattern+" "+string(key)))
		for engine, run := range engines {
			t.Run(name+" "+engine, func(t *testing.T) {
				out, err := run(t, request{host: "web1", config: config}, "echo up")
				checkAlike(t, out, err, value.KindHostKey, transport.PhaseHostKey, c.want)
			})
		}
	}
}

// Keys: in files, in an agent, encrypted, with certificates.
func TestEnginesLogInAlike(t *testing.T) {
	ca := t.TempDir()
	s := newScene(t, "TrustedUserCAKeys "+ca+"/ca.pub")
	id, err := os.ReadFile(s.IdentityFile)
	must(t, err)
	good, err := ssh.ParseRawPrivateKey(id)
	must(t, err)
	s.keygen("-t", "ed25519", "-N", "", "-f", ca+"/ca")
	s.keygen("-t", "ed25519", "-N", "", "-f", s.path("other"))
	s.keygen("-t", "ed25519", "-N", "", "-f", s.path("certified"))
	s.keygen("-s", ca+"/ca", "-I", "me", "-n", s.User, s.path("certified.pub"))
	s.write("locked", string(id))
	s.keygen("-p", "-P", "", "-N", "open sesame", "-f", s.path("locked"))
	text, err := os.ReadFile(s.Config)
	must(t, err)
	bare := strings.ReplaceAll(strings.ReplaceAll(string(text), "  IdentityFile", "  #"), "  IdentityAgent", "  #")
	bare = strings.ReplaceAll(bare, "  IdentitiesOnly", "  #")
	ring := agent.NewKeyring()
	must(t, ring.Add(agent.AddedKey{PrivateKey: good}))
	agentAt := serveAgent(t, ring)
	const wrong = "ssh web1: SSH authentication is incorrect (user "
	for name, c := range map[string]struct {
		lines []string
		r     request
		kind  value.Kind
		want  string
	}{
		"identity file":             {r: request{identity: s.IdentityFile}},
		"identity file, configured": {lines: []string{"IdentityFile " + s.IdentityFile, "IdentityAgent none"}},
		"agent":                     {lines: []string{"IdentityAgent " + agentAt, "IdentityFile none"}},
		"agent, not for this host": {lines: []string{"IdentityAgent " + agentAt, "IdentitiesOnly yes", "IdentityFile " + s.path("other")},
			kind: value.KindStream, want: wrong},
		"agent, named by its public key": {lines: []string{"IdentityAgent " + agentAt, "IdentitiesOnly yes", "IdentityFile " + s.IdentityFile + ".pub"}},
		"identity file, no agent":        {lines: []string{"IdentityAgent " + agentAt}, r: request{identity: s.path("other")}, kind: value.KindStream, want: wrong},
		"certificate":                    {lines: []string{"IdentityAgent none", "IdentityFile " + s.path("certified")}},
		"certificate, elsewhere": {lines: []string{"IdentityAgent none", "IdentityFile " + s.path("certified"),
			"CertificateFile " + s.path("certified-cert.pub")}},
		"passphrase":                          {r: request{identity: s.path("locked"), password: "open sesame"}},
		"passphrase, asked":                   {r: request{identity: s.path("locked"), ask: func(context.Context, string) (string, error) { return "open sesame", nil }}},
		"a key that the server does not know": {r: request{identity: s.path("other")}, kind: value.KindStream, want: wrong},
		"keys are not wanted": {lines: []string{"PreferredAuthentications password", "IdentityFile " + s.IdentityFile},
			kind: value.KindStream, want: wrong},
		"algorithms": {lines: []string{"IdentityFile " + s.IdentityFile, "IdentityAgent none", "Ciphers aes256-gcm@openssh.com",
			"KexAlgorithms curve25519-sha256", "MACs hmac-sha2-256", "HostKeyAlgorithms ssh-ed25519"}},
		"addresses": {lines: []string{"IdentityFile " + s.IdentityFile, "IdentityAgent none", "AddressFamily inet", "BindAddress 127.0.0.1"}},
	} {
		config := s.write("config-"+strings.ReplaceAll(name, " ", "-"), "Host web1\n  "+strings.Join(c.lines, "\n  ")+"\n"+bare)
		for engine, run := range engines {
			t.Run(name+" "+engine, func(t *testing.T) {
				c.r.host, c.r.config = "web1", config
				out, err := run(t, c.r, "echo up")
				checkAlike(t, out, err, c.kind, transport.PhaseAuth, c.want)
			})
		}
	}
}

// questionServer asks for the password as PAM does.
func questionServer(s *server) {
	s.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
		a, err := ask("", "", []string{"Password: "}, []bool{false})
		if err != nil || a[0] != "right" {
			return nil, errRefused
		}
		return nil, nil
	}
}

// Passwords, asked for in either way, and banners that look like questions.
func TestEnginesAnswerAlike(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("there is no ssh on this machine")
	}
	asked := func(context.Context, string) (string, error) { return "right", nil }
	for name, set := range map[string]func(*server){"password": passwordServer, "keyboard-interactive": questionServer} {
		s := serve(t, func(s *server) {
			set(s)
			s.BannerCallback = func(ssh.ConnMetadata) string { return "Change your password:\nor ask for a new password:" }
		})
		for _, c := range []struct {
			name, password string
			ask            func(context.Context, string) (string, error)
			want           string
		}{
			{name: "right", password: "right"},
			{name: "asked", ask: asked},
			{name: "wrong", password: "wrong", want: "ssh web1: SSH password is incorrect (user someone; the server accepts " + name},
			{name: "none", want: "ssh web1: SSH password was requested, but none specified (user someone; the server accepts " + name},
		} {
			for engine, run := range engines {
				t.Run(name+" "+c.name+" "+engine, func(t *testing.T) {
					cl := newClient(t, s)
					out, err := run(t, request{host: "web1", config: cl.opts.ConfigFile, password: c.password, ask: c.ask}, "echo up")
					checkAlike(t, out, err, value.KindPassword, transport.PhaseAuth, c.want)
				})
			}
		}
	}
}

// What a server may do instead of logging us in.
func TestEnginesFailAlike(t *testing.T) {
	s := newScene(t)
	junk := listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.0 400 Bad Request\r\n\r\n") })
	deaf := listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for _, c := range []struct {
		name  string
		lines []string
		kind  value.Kind
		phase transport.Phase
		want  string
	}{
		{"no such name", []string{"HostName nowhere.invalid"}, value.KindStream, transport.PhaseName, "ssh web1: cannot resolve nowhere.invalid: "},
		{"nobody listens", []string{"Port 1"}, value.KindStream, transport.PhasePort, "ssh web1: cannot connect to 127.0.0.1:1: connection refused"},
		{"no ssh server", []string{fmt.Sprint("Port ", junk)}, value.KindStream, transport.PhaseKeyExchange,
			fmt.Sprintf(`ssh web1: key exchange with 127.0.0.1:%d: the server closed the connection; it said "HTTP/1.0 400 Bad Request"`, junk)},
		{"nothing comes", []string{fmt.Sprint("Port ", deaf), "ConnectTimeout 1"}, value.KindStream, transport.PhaseKeyExchange, "ssh web1: key exchange"},
		{"nothing in common", []string{"KexAlgorithms diffie-hellman-group1-sha1"}, value.KindStream, transport.PhaseKeyExchange, "ssh web1: key exchange with 127.0.0.1:"},
	} {
		config := s.configure("config", c.lines...)
		for engine, run := range engines {
			t.Run(c.name+" "+engine, func(t *testing.T) {
				out, err := run(t, request{host: "web1", config: config}, "echo up")
				checkAlike(t, out, err, c.kind, c.phase, c.want)
			})
		}
	}
}

// A connection that is lost says so, and one that ends in order does not.
func TestEnginesTellALossAlike(t *testing.T) {
	s := newScene(t)
	for name, tr := range map[string]func() transport.Transport{
		"native": func() transport.Transport {
			cfg, err := nativessh.Resolve(t.Context(), nativessh.Options{Host: "web1", ConfigFile: s.Config})
			must(t, err)
			return nativessh.New(cfg)
		},
		"OpenSSH": func() transport.Transport { return &transport.OpenSSH{Hostname: "web1", ConfigFile: s.Config} },
	} {
		for how, c := range map[string]struct {
			end  func(l transport.Link)
			want string
		}{
			"dropped": {func(transport.Link) { s.Drop() }, "ssh web1: connection lost: "},
			"over":    {func(l transport.Link) { must(t, l.CloseWrite()) }, ""},
			"ended":   {func(l transport.Link) { must(t, transport.End(t.Context(), l, 0)) }, ""},
		} {
			t.Run(how+" "+name, func(t *testing.T) {
				l, err := tr().Open(testContext(t), []string{"sh", "-c", "echo up; cat"})
				must(t, err)
				must(t, second(io.ReadFull(l, make([]byte, 3))))
				c.end(l)
				_, _ = io.ReadAll(l)
				_ = l.Close() // as who reads does
				_ = l.Wait()
				if got := transport.Lost(l); (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		}
	}
}
