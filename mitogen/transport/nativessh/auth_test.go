package nativessh_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

func passwordServer(s *server) {
	s.PasswordCallback = func(_ ssh.ConnMetadata, p []byte) (*ssh.Permissions, error) {
		if string(p) == "right" {
			return nil, nil
		}
		return nil, errRefused
	}
}

func interactiveServer(s *server) {
	s.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
		a, err := ask("", "", []string{"Password: "}, []bool{false})
		if err != nil || a[0] != "right" {
			return nil, errRefused
		}
		a, err = ask("", "Second factor", []string{"Code: "}, []bool{true})
		if err != nil || a[0] != "42" {
			return nil, errRefused
		}
		return nil, nil
	}
}

// keyServer accepts the keys that allowed lists by the time of the login.
func keyServer(allowed *[]ssh.PublicKey) func(*server) {
	return func(s *server) {
		s.PublicKeyCallback = func(_ ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
			for _, a := range *allowed {
				if bytes.Equal(a.Marshal(), k.Marshal()) {
					return nil, nil
				}
			}
			return nil, errRefused
		}
	}
}

func TestPassword(t *testing.T) {
	s := serve(t, passwordServer)
	for name, c := range map[string]struct {
		password string
		ask      func(context.Context, string) (string, error)
		lines    []string
		want     string
	}{
		"right":      {password: "right"},
		"wrong":      {password: "wrong", want: "SSH password is incorrect"},
		"none":       {want: "SSH password was requested, but none specified"},
		"asked":      {ask: func(context.Context, string) (string, error) { return "right", nil }},
		"batch mode": {ask: func(context.Context, string) (string, error) { return "right", nil }, lines: []string{"BatchMode yes"}, want: "none specified"},
	} {
		t.Run(name, func(t *testing.T) {
			cl := newClient(t, s, c.lines...)
			cl.opts.Password, cl.opts.Ask = wantSecret(t, c.password), c.ask
			_, err := cl.open(t, "cat")
			if c.want == "" {
				must(t, err)
				return
			}
			wantError(t, err, value.KindPassword, c.want, "ssh web1: ", "accepts password")
		})
	}
}

func TestPasswordNotAllowedByConfiguration(t *testing.T) {
	cl := newClient(t, serve(t, passwordServer), "PasswordAuthentication no")
	cl.opts.Password = wantSecret(t, "right")
	_, err := cl.open(t, "cat")
	wantError(t, err, value.KindStream, "SSH authentication is incorrect", "no key to try")
}

func TestKeyboardInteractive(t *testing.T) {
	s := serve(t, interactiveServer)
	t.Run("password and a second factor", func(t *testing.T) {
		cl := newClient(t, s)
		cl.opts.Password = wantSecret(t, "right")
		var prompt string
		cl.opts.Ask = func(_ context.Context, p string) (string, error) { prompt = p; return "42", nil }
		_, err := cl.open(t, "cat")
		must(t, err)
		if prompt != "Second factor\nCode: " {
			t.Errorf("asked %q", prompt)
		}
	})
	t.Run("wrong", func(t *testing.T) {
		cl := newClient(t, s)
		cl.opts.Password = wantSecret(t, "wrong")
		_, err := cl.open(t, "cat")
		wantError(t, err, value.KindPassword, "SSH password is incorrect")
	})
	t.Run("none", func(t *testing.T) {
		_, err := newClient(t, s).open(t, "cat")
		wantError(t, err, value.KindPassword, "SSH password was requested, but none specified")
	})
}

func TestKeys(t *testing.T) {
	var allowed []ssh.PublicKey
	s := serve(t, keyServer(&allowed))
	t.Run("the second of two", func(t *testing.T) {
		cl := newClient(t, s)
		cl.writeKey(t, "id", "")
		other := cl.writeKey(t, "other", "")
		cl.write(t, "config", "IdentityFile "+cl.path("id")+"\nIdentityFile "+cl.path("other")+"\n"+readFile(t, cl.path("config")))
		allowed = []ssh.PublicKey{other}
		_, err := cl.open(t, "cat")
		must(t, err)
	})
	t.Run("refused", func(t *testing.T) {
		cl := newClient(t, s)
		cl.writeKey(t, "id", "")
		allowed = nil
		_, err := cl.open(t, "cat")
		wantError(t, err, value.KindStream, "SSH authentication is incorrect", cl.path("id"), "accepts publickey", "someone")
	})
	t.Run("readable by all", func(t *testing.T) {
		cl := newClient(t, s)
		allowed = []ssh.PublicKey{cl.writeKey(t, "id", "")}
		must(t, os.Chmod(cl.path("id"), 0o644))
		_, err := cl.open(t, "cat")
		wantError(t, err, value.KindStream, "0644 is too open")
	})
}

func TestEncryptedKey(t *testing.T) {
	var allowed []ssh.PublicKey
	s := serve(t, keyServer(&allowed))
	for name, c := range map[string]struct {
		password string
		ask      string
		want     string
	}{
		"password is the phrase": {password: "phrase"},
		"asked":                  {ask: "phrase"},
		"nobody to ask":          {want: "is encrypted, and no passphrase was given"},
		"wrong":                  {password: "other", want: "does not decrypt the key"},
	} {
		t.Run(name, func(t *testing.T) {
			cl := newClient(t, s)
			allowed = []ssh.PublicKey{cl.writeKey(t, "id", "phrase")}
			cl.opts.Password = wantSecret(t, c.password)
			asked := ""
			if c.ask != "" {
				cl.opts.Ask = func(_ context.Context, p string) (string, error) { asked = p; return c.ask, nil }
			}
			_, err := cl.open(t, "cat")
			if c.want != "" {
				wantError(t, err, value.KindPassword, c.want, cl.path("id"))
				return
			}
			must(t, err)
			if c.ask != "" && !strings.Contains(asked, cl.path("id")) {
				t.Errorf("asked %q", asked)
			}
		})
	}
}

func TestUserCertificate(t *testing.T) {
	authority := newSigner(t)
	checker := &ssh.CertChecker{IsUserAuthority: func(k ssh.PublicKey) bool {
		return bytes.Equal(k.Marshal(), authority.PublicKey().Marshal())
	}}
	cl := newClient(t, serve(t, func(s *server) { s.PublicKeyCallback = checker.Authenticate }))
	cert := &ssh.Certificate{Key: cl.writeKey(t, "id", ""), CertType: ssh.UserCert, ValidPrincipals: []string{"someone"}, ValidBefore: ssh.CertTimeInfinity}
	must(t, cert.SignCert(rand.Reader, authority))
	cl.write(t, "id-cert.pub", string(ssh.MarshalAuthorizedKey(cert)))
	_, err := cl.open(t, "cat")
	must(t, err)
}

func TestAgent(t *testing.T) {
	keyring := agent.NewKeyring()
	_, priv, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	must(t, keyring.Add(agent.AddedKey{PrivateKey: priv}))
	signers, err := keyring.Signers()
	must(t, err)
	allowed := []ssh.PublicKey{signers[0].PublicKey()}
	s := serve(t, keyServer(&allowed))
	socket := serveAgent(t, keyring)

	t.Run("used", func(t *testing.T) {
		_, err := newClient(t, s, "IdentityAgent "+socket).open(t, "cat")
		must(t, err)
	})
	t.Run("not with IdentitiesOnly", func(t *testing.T) {
		_, err := newClient(t, s, "IdentityAgent "+socket, "IdentitiesOnly yes").open(t, "cat")
		wantError(t, err, value.KindStream, "no key to try")
	})
	t.Run("named by its public key", func(t *testing.T) {
		cl := newClient(t, s, "IdentityAgent "+socket, "IdentitiesOnly yes")
		cl.write(t, "id", string(ssh.MarshalAuthorizedKey(allowed[0])))
		_, err := cl.open(t, "cat")
		must(t, err)
	})
	t.Run("not with an identity_file", func(t *testing.T) {
		cl := newClient(t, s, "IdentityAgent "+socket)
		cl.writeKey(t, "mine", "")
		cl.opts.IdentityFile = cl.path("mine")
		_, err := cl.open(t, "cat")
		wantError(t, err, value.KindStream, "keys tried: "+cl.path("mine")+" (ssh-ed25519))")
	})
	t.Run("gone", func(t *testing.T) {
		_, err := newClient(t, s, "IdentityAgent /nonexistent/agent").open(t, "cat")
		wantError(t, err, value.KindStream, "no agent at /nonexistent/agent")
	})
}

func serveAgent(t *testing.T, keyring agent.Agent) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", dir+"/s")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(keyring, conn); _ = conn.Close() }()
		}
	}()
	return dir + "/s"
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	must(t, err)
	return string(b)
}
