package nativessh

import (
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// negotiation gives the algorithms to offer. Where the account chose none, the
// library's own order holds, which begins with the fast exchanges
// (mlkem768x25519-sha256 and curve25519-sha256).
func (c *Config) negotiation() ssh.Config {
	safe, legacy := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	choose := func(chosen, safe, legacy []string) []string {
		if chosen == nil {
			return safe
		}
		return known(chosen, safe, legacy)
	}
	return ssh.Config{
		KeyExchanges:   choose(c.KeyExchanges, safe.KeyExchanges, legacy.KeyExchanges),
		Ciphers:        choose(c.Ciphers, safe.Ciphers, legacy.Ciphers),
		MACs:           choose(c.MACs, safe.MACs, legacy.MACs),
		RekeyThreshold: c.RekeyBytes,
	}
}

// algorithms orders host key algorithms so that the server shows a key that is
// known, if it has one: what the account chose wins.
func (v *verifier) algorithms() []string {
	safe, legacy := ssh.SupportedAlgorithms().HostKeys, ssh.InsecureAlgorithms().HostKeys
	if v.cfg.HostKeyAlgorithms != nil {
		return known(v.cfg.HostKeyAlgorithms, safe, legacy)
	}
	var certs, expected, others []string
	for _, a := range hostKeyOrder(safe) {
		switch {
		case strings.Contains(a, "-cert-"):
			certs = append(certs, a)
		case v.expects(a):
			expected = append(expected, a)
		default:
			others = append(others, a)
		}
	}
	if !v.hasAuthority() {
		certs = nil
	}
	return slices.Concat(certs, expected, others)
}

// hostKeyOrder is the ssh program's order: short keys first.
func hostKeyOrder(all []string) []string {
	rank := func(a string) int {
		for i, part := range []string{"ed25519", "ecdsa", "rsa-sha2-512", "rsa-sha2-256"} {
			if strings.Contains(a, part) {
				return i
			}
		}
		return 9
	}
	return slices.SortedStableFunc(slices.Values(all), func(a, b string) int { return rank(a) - rank(b) })
}

func (v *verifier) expects(algorithm string) bool {
	for _, l := range slices.Concat(v.lines, v.loose) {
		typ := l.key.Type()
		if l.marker == "" && (typ == algorithm || typ == ssh.KeyAlgoRSA && strings.HasPrefix(algorithm, "rsa-sha2-")) {
			return true
		}
	}
	return false
}

func (v *verifier) hasAuthority() bool {
	return slices.ContainsFunc(slices.Concat(v.lines, v.loose), func(l knownLine) bool { return l.marker == "@cert-authority" })
}
