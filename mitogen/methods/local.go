package methods

import (
	"github.com/mitoscript/mitoscript/mitogen/transport"
)

func local(p *params) (transport.Transport, error) {
	return &transport.Local{Args: p.factory.ChildArgs(), Spawn: p.spawn()}, nil
}

// fork accepts new_stack, which means nothing here: the child is a fresh image.
func fork(p *params) (transport.Transport, error) {
	p.flag("new_stack", false)
	return p.factory.Forker(), nil
}
