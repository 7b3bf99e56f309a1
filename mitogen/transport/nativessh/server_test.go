package nativessh_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/transport/nativessh"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

var errRefused = errors.New("refused")

// server is an ssh server in this process, with the tempers that a test needs.
type server struct {
	ssh.ServerConfig
	port int
	host ssh.Signer
	// env gets what the client sends before exec.
	env sync.Map
}

// serve starts a server on the loopback that knows the commands of run.
func serve(t *testing.T, set func(*server)) *server {
	t.Helper()
	s := &server{host: newSigner(t)}
	if set != nil {
		set(s)
	}
	s.AddHostKey(s.host)
	s.port = listen(t, s.session)
	return s
}

// listen calls talk with each connection, and ends all of them with the test.
func listen(t *testing.T, talk func(net.Conn)) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			wg.Go(func() { defer conn.Close(); talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().(*net.TCPAddr).Port
}

func (s *server) session(raw net.Conn) {
	conn, channels, requests, err := ssh.NewServerConn(raw, &s.ServerConfig)
	if err != nil {
		return
	}
	defer conn.Close()
	go ssh.DiscardRequests(requests)
	for c := range channels {
		switch c.ChannelType() {
		case "session":
			ch, reqs, err := c.Accept()
			if err == nil {
				s.requests(raw, ch, reqs)
			}
		case "direct-tcpip":
			go forward(c)
		}
	}
}

func forward(c ssh.NewChannel) {
	var to struct {
		Host     string
		Port     uint32
		From     string
		FromPort uint32
	}
	_ = ssh.Unmarshal(c.ExtraData(), &to)
	conn, err := net.Dial("tcp", net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port))))
	if err != nil {
		_ = c.Reject(ssh.ConnectionFailed, "nobody there")
		return
	}
	ch, reqs, err := c.Accept()
	if err != nil {
		return
	}
	go ssh.DiscardRequests(reqs)
	go func() { _, _ = io.Copy(ch, conn); _ = ch.Close() }()
	_, _ = io.Copy(conn, ch)
	_ = conn.Close()
}

func (s *server) requests(raw net.Conn, ch ssh.Channel, reqs <-chan *ssh.Request) {
	for r := range reqs {
		switch r.Type {
		case "env":
			var m struct{ Name, Value string }
			_ = ssh.Unmarshal(r.Payload, &m)
			s.env.Store(m.Name, m.Value)
		case "exec":
			var m struct{ Command string }
			_ = ssh.Unmarshal(r.Payload, &m)
			_ = r.Reply(m.Command != "refuse", nil)
			run(m.Command, raw, ch)
		}
	}
}

// run plays a command.
func run(command string, raw net.Conn, ch ssh.Channel) {
	verb, arg, _ := strings.Cut(command, " ")
	switch verb {
	case "exit":
		n, _ := strconv.Atoi(arg)
		_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(n)}))
		_ = ch.Close()
	case "signal":
		_, _ = ch.SendRequest("exit-signal", false, ssh.Marshal(struct {
			Signal        string
			Core          bool
			Message, Lang string
		}{arg, false, "", ""}))
		_ = ch.Close()
	case "cat":
		go func() { _, _ = io.Copy(ch, ch); _ = ch.Close() }()
	case "complain":
		_, _ = io.WriteString(ch.Stderr(), "bad \x1b[2J news\n")
		_ = ch.Close()
	case "sh": // a real server's; here any of them says that it is up
		_, _ = io.WriteString(ch, "up\n")
		_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
		_ = ch.Close()
	case "drop":
		_ = raw.Close()
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newSigner(t testing.TB) ssh.Signer {
	t.Helper()
	_, priv, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	s, err := ssh.NewSignerFromKey(priv)
	must(t, err)
	return s
}

// client is what a test's client side has: a folder with a configuration.
type client struct {
	dir  string
	port int
	opts nativessh.Options
}

// newClient writes a configuration in which web1 is the server, known by its
// key; lines are added to it, and win.
func newClient(t *testing.T, s *server, lines ...string) *client {
	t.Helper()
	t.Setenv("SSH_AUTH_SOCK", "")
	c := &client{dir: t.TempDir(), port: s.port}
	c.write(t, "known_hosts", knownLine(s.port, s.host.PublicKey()))
	c.write(t, "config", strings.Join(append(lines,
		"Host web1", "  HostName 127.0.0.1", fmt.Sprint("  Port ", s.port), "  User someone",
		"  IdentityFile "+c.path("id"), "Host *", "  UserKnownHostsFile "+c.path("known_hosts"),
		"  GlobalKnownHostsFile none", "  GSSAPIAuthentication no"), "\n")+"\n")
	c.opts = nativessh.Options{Host: "web1", ConfigFile: c.path("config"), Program: "there-is-no-such-program"}
	return c
}

func knownLine(port int, key ssh.PublicKey) string {
	return fmt.Sprintf("[127.0.0.1]:%d %s", port, ssh.MarshalAuthorizedKey(key))
}

func (c *client) path(name string) string { return filepath.Join(c.dir, name) }

func (c *client) write(t *testing.T, name, text string) {
	t.Helper()
	must(t, os.WriteFile(c.path(name), []byte(text), 0o600))
}

// writeKey makes a key, encrypted if there is a phrase.
func (c *client) writeKey(t *testing.T, name, phrase string) ssh.PublicKey {
	t.Helper()
	_, priv, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	block, err := ssh.MarshalPrivateKey(priv, "")
	if phrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(priv, "", []byte(phrase))
	}
	must(t, err)
	c.write(t, name, string(pem.EncodeToMemory(block)))
	s, err := ssh.NewSignerFromKey(priv)
	must(t, err)
	return s.PublicKey()
}

// open runs the command on web1.
func (c *client) open(t *testing.T, command ...string) (transport.Link, error) {
	t.Helper()
	ctx := testContext(t)
	cfg, err := nativessh.Resolve(ctx, c.opts)
	must(t, err)
	link, err := nativessh.New(cfg).Open(ctx, command)
	if err == nil {
		t.Cleanup(func() { _ = link.Close() })
	}
	return link, err
}

// wantError checks kind and words of an error.
func wantError(t *testing.T, err error, kind value.Kind, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want a %s", err, kind)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not tell of %q", err, w)
		}
	}
}

func wantSecret(t *testing.T, s string) value.Secret {
	t.Helper()
	secret, err := value.NewSecret(s)
	must(t, err)
	return secret
}

func attr(err error, name string) any {
	for _, f := range value.AsError(err).Attrs {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}
