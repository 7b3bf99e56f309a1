//go:build !child

package methods

import (
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/transport/nativessh"
)

// sshEngines are both engines, and what they know of hosts' configurations.
type sshEngines struct{ cache nativessh.Cache }

// open takes the native engine where it can honour the whole configuration, and
// OpenSSH otherwise or when the script asks for its program or its arguments.
func (e *sshEngines) open(p *params) (transport.Transport, error) {
	s, err := p.ssh()
	if err != nil || p.err != nil {
		return nil, err
	}
	if s.path != "" || len(s.args) > 0 {
		return s.openSSH(p, "ssh_path or ssh_args was given"), nil
	}
	cfg, err := nativessh.Resolve(p.ctx, s.native(p.factory, &e.cache))
	if err != nil {
		return nil, err
	}
	if why := cfg.Unsupported(); why != "" {
		return s.openSSH(p, why), nil
	}
	p.factory.Log().Debug("ssh engine", "host", s.hostname, "engine", "native")
	return nativessh.New(cfg), nil
}

func (s *sshParams) native(f *parent.Factory, cache *nativessh.Cache) nativessh.Options {
	return nativessh.Options{
		Host: s.hostname, Username: s.username, Port: s.port, Password: s.password,
		IdentityFile: s.identityFile, CheckHostKeys: nativessh.HostKeyPolicy(s.hostKeys),
		ConfigFile: s.config, Compression: s.compression, KeepaliveInterval: s.interval, KeepaliveCount: s.count,
		Ask: f.Ask(), Cache: cache,
	}
}
