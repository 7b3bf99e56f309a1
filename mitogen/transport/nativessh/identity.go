package nativessh

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"

	"github.com/mitoscript/mitoscript/mitogen/transport"
)

// identity is what is in an identity file.
type identity struct {
	path string
	// public is nil for an encrypted key of an old format without a .pub file.
	public ssh.PublicKey
	// signer is nil for an encrypted key, and where there is only a public key.
	signer ssh.Signer
	// locked is the encrypted private key.
	locked []byte
	// foreign says why this engine cannot use the key, though ssh might.
	foreign error
	// ignored says why nobody may use the key.
	ignored string
}

// loadIdentities reads the identity files and certificates that exist.
func (c *Config) loadIdentities() {
	for _, path := range c.IdentityFiles {
		text, err := os.ReadFile(path)
		if err == nil {
			c.identities = append(c.identities, parseIdentity(path, text))
		}
	}
	for _, id := range c.IdentityFiles {
		c.CertificateFiles = append(c.CertificateFiles, strings.TrimSuffix(id, ".pub")+"-cert.pub")
	}
}

// checkIdentityFile finds fault with the key that the options name: it is the
// only one, so that its absence should not end in a refusal by the server.
func (c *Config) checkIdentityFile() error {
	if c.opts.IdentityFile == "" {
		return nil
	}
	if _, err := os.ReadFile(c.IdentityFiles[0]); err != nil {
		return transport.NoIdentityFile(c.Host, err)
	}
	return nil
}

func parseIdentity(path string, text []byte) identity {
	id := identity{path: path, public: readPublic(path + ".pub")}
	if block, _ := pem.Decode(text); block == nil {
		public, _, _, _, err := ssh.ParseAuthorizedKey(text)
		id.public, id.foreign = public, err
		return id
	}
	if id.ignored = tooOpen(path); id.ignored != "" {
		return id
	}
	signer, err := ssh.ParsePrivateKey(text)
	var locked *ssh.PassphraseMissingError
	switch {
	case err == nil:
		id.signer, id.public = signer, signer.PublicKey()
	case errors.As(err, &locked):
		id.locked = text
		if locked.PublicKey != nil {
			id.public = locked.PublicKey
		}
		if id.public != nil && strings.HasPrefix(id.public.Type(), "sk-") {
			id.foreign = errors.New("it is on a security key")
		}
	default:
		id.foreign = err
	}
	return id
}

// tooOpen is the ssh program's own rule: a private key that others can read is
// not used.
func tooOpen(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return err.Error()
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if ok && int(st.Uid) == os.Getuid() && info.Mode().Perm()&0o077 != 0 {
		return fmt.Sprintf("its mode %#o is too open", info.Mode().Perm())
	}
	return ""
}

func readPublic(path string) ssh.PublicKey {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return key
}

// certificates are those of the certificate files that exist.
func (c *Config) certificates() []*ssh.Certificate {
	var out []*ssh.Certificate
	for _, path := range c.CertificateFiles {
		if cert, ok := readPublic(path).(*ssh.Certificate); ok {
			out = append(out, cert)
		}
	}
	return out
}

func sameKey(a, b ssh.PublicKey) bool {
	return a != nil && b != nil && bytes.Equal(a.Marshal(), b.Marshal())
}
