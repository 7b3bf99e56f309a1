package methods

import (
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func sudo(p *params) (transport.Transport, error) {
	return &transport.Sudo{
		Username: p.text("username"), Path: p.text("sudo_path"), Password: p.secret("password"),
		SetHome: p.flag("set_home", false), PreserveEnv: p.flag("preserve_env", false), Login: p.flag("login", false),
		SELinuxRole: p.text("selinux_role"), SELinuxType: p.text("selinux_type"),
		Args: p.strings("sudo_args"), Spawn: p.spawn(),
	}, nil
}

// sudoAccount knows the account that sudo_args may name.
func sudoAccount(opts *value.Dict) string {
	p := &params{opts: opts, asked: map[string]bool{}}
	s := &transport.Sudo{Username: p.text("username"), Args: p.strings("sudo_args")}
	return strings.TrimPrefix(s.Name(), "sudo.")
}

func su(p *params) (transport.Transport, error) {
	return &transport.Su{
		Username: p.text("username"), Path: p.text("su_path"), Password: p.secret("password"), Spawn: p.spawn(),
	}, nil
}

func doas(p *params) (transport.Transport, error) {
	return &transport.Doas{
		Username: p.text("username"), Path: p.text("doas_path"), Password: p.secret("password"), Spawn: p.spawn(),
	}, nil
}
