package nativessh

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/mitoscript/mitoscript/mitogen/transport"
)

// verifier judges the key of one server.
type verifier struct {
	cfg *Config
	// name is what the host is called in the files.
	name string
	// lines are those of the host; without a line for its port, loose are those
	// for the bare name, which can vouch for a key but not contradict it.
	lines, loose []knownLine
	// note tells of a key that could not be recorded.
	note func(string)
}

func newVerifier(cfg *Config, note func(string)) *verifier {
	v := &verifier{cfg: cfg, name: cfg.HostKeyAlias, note: note}
	if v.name == "" {
		v.name = knownName(cfg.Hostname, cfg.Port)
	}
	if cfg.CheckHostKeys == Ignore {
		return v
	}
	v.lines = lookup(v.files(), v.name)
	if len(v.lines) == 0 && cfg.HostKeyAlias == "" && cfg.Port != 22 {
		v.loose = lookup(v.files(), knownName(cfg.Hostname, 22))
	}
	return v
}

func (v *verifier) files() []string {
	return slices.Concat(v.cfg.UserKnownHosts, v.cfg.GlobalKnownHosts)
}

// check is the handshake's HostKeyCallback.
func (v *verifier) check(_ string, _ net.Addr, key ssh.PublicKey) error {
	if v.cfg.CheckHostKeys == Ignore {
		return nil
	}
	cert, isCert := key.(*ssh.Certificate)
	if isCert {
		key = cert.Key
		if l := v.find("@revoked", cert.SignatureKey); l != nil {
			return v.refuse("revoked", key, l, "")
		}
	}
	if l := v.find("@revoked", key); l != nil {
		return v.refuse("revoked", key, l, "")
	}
	if isCert {
		if l := v.find("@cert-authority", cert.SignatureKey); l != nil {
			return v.checkCertificate(cert, l)
		}
	}
	return v.checkKey(key)
}

func (v *verifier) checkKey(key ssh.PublicKey) error {
	if v.find("", key) != nil {
		return nil
	}
	if l := v.contradiction(key); l != nil {
		return v.refuse("changed", key, l, "")
	}
	if v.cfg.CheckHostKeys != Accept {
		return v.refuse("unknown", key, nil, "")
	}
	v.record(key)
	return nil
}

func (v *verifier) find(marker string, key ssh.PublicKey) *knownLine {
	for _, lines := range [][]knownLine{v.lines, v.loose} {
		for i := range lines {
			if lines[i].marker == marker && sameKey(lines[i].key, key) {
				return &lines[i]
			}
		}
	}
	return nil
}

// contradiction is a line with another key for the host, of the same type if
// there is one. A key of a new type does not make a known host unknown: whoever
// stands between could offer that type only.
func (v *verifier) contradiction(key ssh.PublicKey) *knownLine {
	var other *knownLine
	for i := range v.lines {
		l := &v.lines[i]
		if l.marker != "" {
			continue
		}
		if l.key.Type() == key.Type() {
			return l
		}
		if other == nil {
			other = l
		}
	}
	return other
}

func (v *verifier) checkCertificate(cert *ssh.Certificate, l *knownLine) error {
	host := v.cfg.HostKeyAlias
	if host == "" {
		host = strings.ToLower(v.cfg.Hostname)
	}
	principal := host
	for _, p := range cert.ValidPrincipals {
		if wildcard(strings.ToLower(p), host) {
			principal = p
		}
	}
	err := (&ssh.CertChecker{}).CheckCert(principal, cert)
	if err == nil && cert.CertType != ssh.HostCert {
		err = errors.New("it is a user's certificate")
	}
	if err != nil {
		return v.refuse("certificate", cert.Key, l, plain(err))
	}
	return nil
}

func (v *verifier) refuse(reason string, key ssh.PublicKey, l *knownLine, detail string) error {
	r := transport.HostKeyRefusal{
		Host: v.cfg.Host, Name: v.name, Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key),
		Reason: reason, Files: v.files(), Detail: detail,
	}
	if l != nil {
		r.File, r.Line = l.file, l.line
	}
	return r.Error()
}

// record appends the key to the first of the account's files. Like the ssh
// program, it goes on if that is not possible.
func (v *verifier) record(key ssh.PublicKey) {
	if len(v.cfg.UserKnownHosts) == 0 {
		return
	}
	name := v.name
	if v.cfg.HashKnownHosts {
		name = knownhosts.HashHostname(name)
	}
	line := name + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) + "\n"
	if err := appendLine(v.cfg.UserKnownHosts[0], line); err != nil {
		v.note(fmt.Sprintf("the host key of %s is not recorded: %v\n", v.name, err))
	}
}

// appendLine writes the line at once, so that lines of others stay whole.
func appendLine(file, line string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			line = "\n" + line
		}
	}
	if _, err := f.WriteString(line); err != nil {
		return err
	}
	return f.Close()
}
