package methods

import (
	"time"

	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// sshParams are those that both engines understand.
type sshParams struct {
	hostname, username string
	port               int
	password           value.Secret
	identityFile       string
	hostKeys           transport.HostKeys
	compression        bool
	interval           time.Duration
	count              int
	path               string
	args               []string
	config             string
}

func (p *params) ssh() (*sshParams, error) {
	s := &sshParams{
		hostname: p.text("hostname"), username: p.text("username"), port: p.number("port", 0),
		password: p.secret("password"), identityFile: p.text("identity_file"),
		compression: p.flag("compression", true), count: p.number("keepalive_count", 3),
		path: p.text("ssh_path"), args: p.strings("ssh_args"), config: p.text("config_file"),
	}
	interval, err := keepAlive(p.opt("keepalive_interval"))
	p.note(err)
	s.interval = interval
	s.hostKeys, err = hostKeys(p.opt("check_host_keys").Value)
	if err == nil && s.hostname == "" {
		err = value.Errorf(value.KindValue, "ssh: hostname is missing")
	}
	return s, err
}

// keepAlive reads keepalive_interval; 0 is never, which both engines call negative.
func keepAlive(o parent.Opt) (time.Duration, error) {
	switch o.Value {
	case int64(0), 0.0, time.Duration(0):
		return -1, nil
	}
	return o.Seconds(15 * time.Second)
}

// hostKeys reads check_host_keys: True, False or one of the policies' names.
func hostKeys(v value.Value) (transport.HostKeys, error) {
	switch v {
	case nil, true, "enforce":
		return transport.EnforceHostKeys, nil
	case "accept":
		return transport.AcceptHostKeys, nil
	case false, "ignore":
		return transport.IgnoreHostKeys, nil
	}
	return "", value.Errorf(value.KindValue,
		`check_host_keys: want True, False, "enforce", "accept" or "ignore", got %v`, v)
}

func (s *sshParams) openSSH(p *params, why string) transport.Transport {
	p.factory.Log().Debug("ssh engine", "host", s.hostname, "engine", "OpenSSH", "why", why)
	return &transport.OpenSSH{
		Hostname: s.hostname, Username: s.username, Port: s.port, Password: s.password,
		IdentityFile: s.identityFile, HostKeys: s.hostKeys, Compression: s.compression,
		KeepaliveInterval: s.interval, KeepaliveCount: s.count,
		Path: s.path, Args: s.args, ConfigFile: s.config, Ask: p.factory.Ask(), Spawn: p.spawn(),
	}
}
