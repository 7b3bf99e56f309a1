package methods

import (
	"context"

	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// All returns the methods, by the name of their context factory.
func All() map[string]parent.Method {
	engines := &sshEngines{}
	return map[string]parent.Method{
		"local":   {New: build(local)},
		"fork":    {New: build(fork)},
		"ssh":     {New: build(engines.open), Handshakes: true, Asks: true, Watches: true},
		"sudo":    {New: build(sudo), Account: sudoAccount},
		"su":      {New: build(su)},
		"doas":    {New: build(doas)},
		"docker":  {New: build(docker)},
		"podman":  {New: build(podman)},
		"buildah": {New: build(buildah)},
		"kubectl": {New: build(kubectl)},
		"lxc":     {New: build(lxc)},
		"lxd":     {New: build(lxd)},
		"incus":   {New: build(incus)},
		"jail":    {New: build(jail)},
		"setns":   {New: build(setns)},
	}
}

// build wraps a method's constructor: what it did not ask for is refused, and so
// is a parameter of the wrong type.
func build(make func(p *params) (transport.Transport, error)) func(context.Context, *parent.Factory, *value.Dict) (transport.Transport, error) {
	return func(ctx context.Context, f *parent.Factory, opts *value.Dict) (transport.Transport, error) {
		p := &params{ctx: ctx, factory: f, opts: opts, asked: map[string]bool{}}
		t, err := make(p)
		if perr := p.check(); perr != nil {
			return nil, perr
		}
		if err != nil {
			return nil, err
		}
		return t, nil
	}
}

// params are the parameters of one factory call. The first error is kept.
type params struct {
	ctx     context.Context
	factory *parent.Factory
	opts    *value.Dict
	asked   map[string]bool
	err     error
}

func (p *params) opt(name string) parent.Opt {
	p.asked[name] = true
	v, _ := p.opts.Get(name)
	return parent.Opt{Name: name, Value: v}
}

func (p *params) note(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *params) text(name string) string {
	s, err := p.opt(name).Text()
	p.note(err)
	return s
}

func (p *params) flag(name string, def bool) bool {
	b, err := p.opt(name).Bool(def)
	p.note(err)
	return b
}

func (p *params) number(name string, def int) int {
	n, err := p.opt(name).Int(def)
	p.note(err)
	return n
}

func (p *params) secret(name string) value.Secret {
	s, err := p.opt(name).Secret()
	p.note(err)
	return s
}

func (p *params) strings(name string) []string {
	s, err := p.opt(name).Strings()
	p.note(err)
	return s
}

func (p *params) check() error {
	for _, it := range p.opts.Items() {
		name, _ := it.Key.(string)
		if !p.asked[name] {
			return value.Errorf(value.KindError, "unexpected keyword argument %s", name)
		}
	}
	return p.err
}

func (p *params) spawn() transport.SpawnOptions {
	return transport.SpawnOptions{Log: p.factory.Log()}
}
