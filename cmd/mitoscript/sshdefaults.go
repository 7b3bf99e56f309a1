//go:build !child

package main

import (
	"context"

	"github.com/mitoscript/mitoscript/mitogen/methods"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// methods are those of a script's factory: ssh takes what -F, -u and -p say where the
// script says nothing. This holds for what is reached from here; a context on the way
// has other files, and leads to other accounts.
func (s *selection) methods() map[string]parent.Method {
	all := methods.All()
	ssh := all["ssh"]
	plain := ssh.New
	ssh.New = func(ctx context.Context, f *parent.Factory, opts *value.Dict) (transport.Transport, error) {
		return plain(ctx, f, s.completed(opts))
	}
	all["ssh"] = ssh
	return all
}

// completed is a copy of the parameters with what the flags add.
func (s *selection) completed(opts *value.Dict) *value.Dict {
	out := value.NewDict(opts.Len() + 3)
	for _, it := range opts.Items() {
		out.Append(it.Key, it.Value)
	}
	add := func(name string, v value.Value, given bool) {
		if said, _ := opts.Get(name); given && said == nil { // None is nothing said
			_ = out.Set(name, v) // text is hashable
		}
	}
	add("config_file", s.sshConfig, s.sshConfig != "")
	add("username", s.user, s.user != "")
	add("port", int64(s.port), s.port != 0)
	return out
}
