//go:build child

package methods

import "github.com/mitoscript/mitoscript/mitogen/transport"

// sshEngines is the ssh program only: the native engine would make the child, which
// every host downloads, a quarter larger.
type sshEngines struct{}

func (*sshEngines) open(p *params) (transport.Transport, error) {
	s, err := p.ssh()
	if err != nil || p.err != nil {
		return nil, err
	}
	return s.openSSH(p, "a pushed child has no other"), nil
}
