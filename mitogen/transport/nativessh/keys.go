package nativessh

import (
	"fmt"
	"io"
	"slices"

	"golang.org/x/crypto/ssh"
)

// candidate is a key to be offered. Its signer is nil if the public part is known
// only once the private one is decrypted.
type candidate struct {
	name     string
	signer   ssh.Signer
	identity *identity
}

// candidates are the keys in the ssh program's order: certificates, the agent's
// keys that the configuration names, the agent's others, files.
func candidates(c *Config, inAgent []ssh.Signer, unlock func(*identity) (ssh.Signer, error)) []candidate {
	files := fileCandidates(c, unlock)
	held := agentCandidates(c, inAgent)
	out := certCandidates(c.certificates(), append(slices.Clone(held), files...))
	out = append(out, held...)
	for _, f := range files {
		if f.signer == nil || !slices.ContainsFunc(held, func(h candidate) bool {
			return sameKey(h.signer.PublicKey(), f.signer.PublicKey())
		}) {
			out = append(out, f)
		}
	}
	return filter(out, c.PubkeyAlgorithms)
}

func fileCandidates(c *Config, unlock func(*identity) (ssh.Signer, error)) []candidate {
	var out []candidate
	for i := range c.identities {
		id := &c.identities[i]
		switch {
		case id.ignored != "" || id.foreign != nil:
		case id.signer != nil:
			out = append(out, candidate{name: id.path, signer: id.signer, identity: id})
		case id.locked != nil && id.public != nil:
			out = append(out, candidate{name: id.path, signer: &lockedSigner{id, unlock}, identity: id})
		case id.locked != nil:
			out = append(out, candidate{name: id.path, identity: id})
		}
	}
	return out
}

func agentCandidates(c *Config, inAgent []ssh.Signer) []candidate {
	var named, others []candidate
	taken := make([]bool, len(inAgent))
	for _, id := range c.identities {
		for i, s := range inAgent {
			if !taken[i] && sameKey(s.PublicKey(), id.public) {
				taken[i] = true
				named = append(named, candidate{name: id.path + " (agent)", signer: s})
			}
		}
	}
	if c.IdentitiesOnly {
		return named
	}
	for i, s := range inAgent {
		if !taken[i] {
			others = append(others, candidate{name: "agent's " + ssh.FingerprintSHA256(s.PublicKey()), signer: s})
		}
	}
	return append(named, others...)
}

func certCandidates(certs []*ssh.Certificate, keys []candidate) []candidate {
	var out []candidate
	for _, cert := range certs {
		for _, k := range keys {
			if k.signer == nil || !sameKey(cert.Key, k.signer.PublicKey()) {
				continue
			}
			if s, err := ssh.NewCertSigner(cert, k.signer); err == nil {
				out = append(out, candidate{name: k.name + " (certificate)", signer: s, identity: k.identity})
				break
			}
		}
	}
	return out
}

// filter keeps the keys whose algorithms the account allows; nil allows all.
func filter(keys []candidate, allowed []string) []candidate {
	if allowed == nil {
		return keys
	}
	var out []candidate
	for _, k := range keys {
		if k.signer == nil {
			out = append(out, k)
			continue
		}
		if s := restrict(k.signer, allowed); s != nil {
			k.signer = s
			out = append(out, k)
		}
	}
	return out
}

func restrict(s ssh.Signer, allowed []string) ssh.Signer {
	typ := s.PublicKey().Type()
	if typ != ssh.KeyAlgoRSA {
		if slices.Contains(allowed, typ) {
			return s
		}
		return nil
	}
	as, ok := s.(ssh.AlgorithmSigner)
	algorithms := known([]string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}, allowed)
	if !ok || len(algorithms) == 0 {
		return nil
	}
	restricted, err := ssh.NewSignerWithAlgorithms(as, algorithms)
	if err != nil {
		return nil
	}
	return restricted
}

// lockedSigner decrypts its key when the server has said that it would do.
type lockedSigner struct {
	id     *identity
	unlock func(*identity) (ssh.Signer, error)
}

func (s *lockedSigner) PublicKey() ssh.PublicKey { return s.id.public }

func (s *lockedSigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, "")
}

func (s *lockedSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	signer, err := s.unlock(s.id)
	if err != nil {
		return nil, err
	}
	if as, ok := signer.(ssh.AlgorithmSigner); ok {
		return as.SignWithAlgorithm(rand, data, algorithm)
	}
	if algorithm != "" && algorithm != signer.PublicKey().Type() {
		return nil, fmt.Errorf("a %s key cannot sign by %s", signer.PublicKey().Type(), algorithm)
	}
	return signer.Sign(rand, data)
}
