package nativessh

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Unsupported says what of the configuration this engine cannot honour, "" if it
// can honour all of it. The caller uses the ssh program then.
func (c *Config) Unsupported() string {
	if c.unsupported == "" && c.Jump != nil {
		if why := c.Jump.Unsupported(); why != "" {
			return "jump host " + c.Jump.Host + ": " + why
		}
	}
	return c.unsupported
}

func (c *Config) findUnsupported(s *settings) string {
	for _, key := range []string{
		"pkcs11provider", "forwardagent", "forwardx11", "hostbasedauthentication", "knownhostscommand",
		"revokedhostkeys", "verifyhostkeydns", "proxyusefdpass", "tunnel", "bindinterface", "remotecommand",
		"nohostauthenticationforlocalhost", "localforward", "remoteforward", "dynamicforward",
	} {
		if s.on(key) {
			return fmt.Sprintf("%s is %q", key, s.first(key))
		}
	}
	if s.on("permitlocalcommand") && s.on("localcommand") {
		return fmt.Sprintf("localcommand is %q", s.first("localcommand"))
	}
	for _, key := range []string{"casignaturealgorithms", "requiredrsasize"} {
		if s.chosen(key) {
			return fmt.Sprintf("%s is %q", key, s.first(key))
		}
	}
	if s.on("gssapiauthentication") && c.opts.IdentityFile == "" && hasTicket() {
		return "gssapiauthentication is on, and there is a Kerberos ticket"
	}
	if path := s.first("controlpath"); s.on("controlpath") && isSocket(c.path(path)) {
		return fmt.Sprintf("a shared connection is open at controlpath %q", path)
	}
	if why := c.unknownAlgorithms(); why != "" {
		return why
	}
	return c.unusableIdentity()
}

// hasTicket reports whether GSSAPI could come to something here.
func hasTicket() bool {
	if os.Getenv("KRB5CCNAME") != "" {
		return true
	}
	_, err := os.Stat("/tmp/krb5cc_" + account().uid)
	return err == nil
}

func isSocket(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&os.ModeSocket != 0
}

// unknownAlgorithms finds a list of which this engine knows nothing.
func (c *Config) unknownAlgorithms() string {
	safe, legacy := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	for _, l := range []struct {
		key          string
		chosen       []string
		safe, legacy []string
	}{
		{"kexalgorithms", c.KeyExchanges, safe.KeyExchanges, legacy.KeyExchanges},
		{"ciphers", c.Ciphers, safe.Ciphers, legacy.Ciphers},
		{"macs", c.MACs, safe.MACs, legacy.MACs},
		{"hostkeyalgorithms", c.HostKeyAlgorithms, safe.HostKeys, legacy.HostKeys},
	} {
		if l.chosen != nil && len(known(l.chosen, l.safe, l.legacy)) == 0 {
			return fmt.Sprintf("%s is %q", l.key, strings.Join(l.chosen, ","))
		}
	}
	return ""
}

// known keeps the names that stand in one of the lists.
func known(names []string, lists ...[]string) []string {
	var out []string
	for _, n := range names {
		if slices.ContainsFunc(lists, func(l []string) bool { return slices.Contains(l, n) }) {
			out = append(out, n)
		}
	}
	return out
}

// unusableIdentity finds a key that the ssh program might know how to use: one
// on a security key, or of a kind that is not implemented here.
func (c *Config) unusableIdentity() string {
	if !slices.Contains(c.Methods, "publickey") {
		return ""
	}
	for _, id := range c.identities {
		if id.foreign != nil {
			return fmt.Sprintf("identity file %q cannot be used: %v", id.path, id.foreign)
		}
	}
	return ""
}
