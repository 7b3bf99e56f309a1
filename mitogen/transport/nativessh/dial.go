package nativessh

import (
	"context"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Transport reaches one host. It may be opened any number of times.
type Transport struct{ cfg *Config }

var _ transport.Transport = (*Transport)(nil)

// New makes the transport of a configuration; the options that Resolve was given
// hold for it too.
func New(cfg *Config) *Transport { return &Transport{cfg: cfg} }

// Name is "ssh.HOST", or "ssh.HOST:PORT" if a port other than 22 was asked for.
func (t *Transport) Name() string {
	o := &t.cfg.opts
	if o.Port == 0 || o.Port == 22 {
		return "ssh." + o.Host
	}
	return "ssh." + o.Host + ":" + strconv.Itoa(o.Port)
}

// Compress is the Compression that was asked for.
func (t *Transport) Compress() bool { return t.cfg.opts.Compression }

// Direct is false: a first stage is wanted.
func (t *Transport) Direct() bool { return false }

// Open logs in and runs boot, joined to one command for the account's shell. The
// end of ctx ends the set-up, not the link.
func (t *Transport) Open(ctx context.Context, boot []string) (transport.Link, error) {
	d := &dialer{out: &tail{}}
	link, err := d.open(ctx, t.cfg, boot)
	if err != nil {
		e := value.AsError(err)
		if said := d.out.text(); said != "" {
			e = e.With("output", said)
		}
		return nil, e
	}
	return link, nil
}

func (d *dialer) open(ctx context.Context, c *Config, boot []string) (*Link, error) {
	h, err := d.login(ctx, c)
	if err != nil {
		return nil, err
	}
	transport.Enter(ctx, transport.PhaseShell, "")
	stop := context.AfterFunc(ctx, h.close)
	link, err := d.run(ctx, c, h, transport.Quote(boot...))
	if stop() || err != nil {
		return link, err
	}
	_ = link.Close()
	return nil, contextError(ctx, c.Host, transport.PhaseShell)
}

// run opens the only channel and runs the command in it; it closes the hop if
// that fails.
func (d *dialer) run(ctx context.Context, c *Config, h *hop, text string) (*Link, error) {
	channel, requests, err := h.client.OpenChannel("session", nil)
	if err != nil {
		h.close()
		return nil, sessionError(ctx, c, "the server opens no session", err)
	}
	// From here on the channel's requests are served: a server that sends many
	// could stop the connection otherwise.
	link := newLink(c, h, channel, requests, d.out)
	for _, entry := range c.Env {
		name, val, _ := strings.Cut(entry, "=")
		// The server need not take them, and says nothing about it.
		_, _ = channel.SendRequest("env", false, ssh.Marshal(struct{ Name, Value string }{name, val}))
	}
	ok, err := channel.SendRequest("exec", true, ssh.Marshal(struct{ Command string }{text}))
	if err == nil && ok {
		return link, nil
	}
	_ = link.Close()
	if err == nil {
		return nil, transport.SSHError(c.Host, transport.PhaseShell, value.KindStream, "the server runs no commands")
	}
	return nil, sessionError(ctx, c, "the command was not started", err)
}

func sessionError(ctx context.Context, c *Config, what string, err error) error {
	if ctx.Err() != nil {
		return contextError(ctx, c.Host, transport.PhaseShell)
	}
	return transport.SSHError(c.Host, transport.PhaseShell, value.KindStream, "%s: %s", what, plain(err))
}
