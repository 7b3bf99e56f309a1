package nativessh_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/mitoscript/mitoscript/mitogen/transport/nativessh"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func openServer(s *server) { s.NoClientAuth = true }

func line(name string, key ssh.PublicKey) string {
	return name + " " + string(ssh.MarshalAuthorizedKey(key))
}

func TestHostKeys(t *testing.T) {
	s := serve(t, openServer)
	other := newSigner(t).PublicKey()
	key := s.host.PublicKey()
	name := fmt.Sprintf("[127.0.0.1]:%d", s.port)
	for label, c := range map[string]struct {
		known  string
		policy nativessh.HostKeyPolicy
		reason string // "" if the key is to be taken
		line   int64
		lines  []string
	}{
		"known":                     {known: line(name, key)},
		"hashed":                    {known: line(knownhosts.HashHostname(name), key)},
		"by a pattern":              {known: line("[127.*.?.1]:*,!web9", key)},
		"excluded by a pattern":     {known: line("[127.*]:*,!"+name, key), reason: "unknown"},
		"by the bare name":          {known: line("127.0.0.1", key)},
		"other for the bare name":   {known: line("127.0.0.1", other), reason: "unknown"},
		"by an alias":               {known: line("db1", key), lines: []string{"HostKeyAlias db1"}},
		"among junk":                {known: "junk\n# text\nweb1 ssh-rsa !!!\n" + name + " 1024 35 7\n" + line(name, key)},
		"unknown":                   {reason: "unknown"},
		"unknown, accepted":         {policy: nativessh.Accept},
		"unknown, ignored":          {policy: nativessh.Ignore},
		"changed":                   {known: "# mine\n" + line(name, other), reason: "changed", line: 2},
		"changed, accepted":         {known: line(name, other), policy: nativessh.Accept, reason: "changed", line: 1},
		"changed, ignored":          {known: line(name, other), policy: nativessh.Ignore},
		"one of two":                {known: line(name, other) + line(name, key)},
		"revoked":                   {known: line(name, key) + "@revoked " + line("*", key), reason: "revoked", line: 2},
		"revoked by its name":       {known: line(name, key) + "@revoked " + line("[*]:*", key), reason: "revoked", line: 2},
		"authority for another key": {known: "@cert-authority " + line("[*]:*", other), reason: "unknown"},
	} {
		t.Run(label, func(t *testing.T) {
			cl := newClient(t, s, c.lines...)
			cl.write(t, "known_hosts", c.known)
			cl.opts.CheckHostKeys = c.policy
			_, err := cl.open(t, "cat")
			if c.reason == "" {
				must(t, err)
				return
			}
			wantError(t, err, value.KindHostKey, "ssh web1: the host key of ", "ssh-ed25519", ssh.FingerprintSHA256(key))
			if got := attr(err, "reason"); got != c.reason {
				t.Errorf("reason %v, want %s: %v", got, c.reason, err)
			}
			if c.line != 0 && (attr(err, "line") != c.line || attr(err, "file") != cl.path("known_hosts")) {
				t.Errorf("%v:%v is at fault, want line %d", attr(err, "file"), attr(err, "line"), c.line)
			}
		})
	}
}

func TestAcceptRecords(t *testing.T) {
	s := serve(t, openServer)
	for _, hash := range []string{"no", "yes"} {
		t.Run("hash "+hash, func(t *testing.T) {
			cl := newClient(t, s, "HashKnownHosts "+hash)
			cl.write(t, "known_hosts", "web9 ssh-ed25519 AAAA") // no newline at its end
			cl.opts.CheckHostKeys = nativessh.Accept
			_, err := cl.open(t, "cat")
			must(t, err)
			text := readFile(t, cl.path("known_hosts"))
			if strings.Count(text, "\n") != 2 || strings.Contains(text, "127.0.0.1") != (hash == "no") {
				t.Errorf("recorded:\n%s", text)
			}
			cl.opts.CheckHostKeys = nativessh.Enforce
			_, err = cl.open(t, "cat")
			must(t, err)
		})
	}
}

func TestAcceptGoesOnWithoutRecord(t *testing.T) {
	cl := newClient(t, serve(t, openServer))
	must(t, os.Remove(cl.path("known_hosts")))
	must(t, os.Mkdir(cl.path("known_hosts"), 0o700))
	cl.opts.CheckHostKeys = nativessh.Accept
	link, err := cl.open(t, "cat")
	must(t, err)
	if d := link.Diagnostics(); !strings.Contains(d, "is not recorded") {
		t.Errorf("Diagnostics gives %q", d)
	}
}

func TestHostCertificate(t *testing.T) {
	authority := newSigner(t)
	for label, c := range map[string]struct {
		cert ssh.Certificate
		want string
	}{
		"valid":           {cert: ssh.Certificate{CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}, ValidBefore: ssh.CertTimeInfinity}},
		"wildcard":        {cert: ssh.Certificate{CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.*"}, ValidBefore: ssh.CertTimeInfinity}},
		"expired":         {cert: ssh.Certificate{CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}, ValidBefore: 1}, want: "expired"},
		"of another host": {cert: ssh.Certificate{CertType: ssh.HostCert, ValidPrincipals: []string{"db1"}, ValidBefore: ssh.CertTimeInfinity}, want: "principal"},
		"of a user":       {cert: ssh.Certificate{CertType: ssh.UserCert, ValidPrincipals: []string{"127.0.0.1"}, ValidBefore: ssh.CertTimeInfinity}, want: "user's"},
	} {
		t.Run(label, func(t *testing.T) {
			s := serve(t, func(s *server) {
				openServer(s)
				c.cert.Key = s.host.PublicKey()
				must(t, c.cert.SignCert(rand.Reader, authority))
				var err error
				s.host, err = ssh.NewCertSigner(&c.cert, s.host)
				must(t, err)
			})
			cl := newClient(t, s)
			cl.write(t, "known_hosts", "@cert-authority "+line("[127.0.0.1]:*", authority.PublicKey()))
			_, err := cl.open(t, "cat")
			if c.want == "" {
				must(t, err)
				return
			}
			wantError(t, err, value.KindHostKey, c.want, "known_hosts:1")
		})
	}
}
