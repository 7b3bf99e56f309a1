package nativessh

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// dialer opens one link, with all the hops that lead to it.
type dialer struct {
	// out gets what servers and ProxyCommands print.
	out *tail
}

// hop is a connection on which a login has succeeded.
type hop struct {
	client *ssh.Client
	raw    *counted
	// jump carries raw, nil if nothing does.
	jump *hop
	once sync.Once
}

// close ends the connection, and then those below it, and waits for their readers.
// It may be called more than once and by several goroutines.
func (h *hop) close() {
	h.once.Do(func() {
		_ = h.client.Close()
		_ = h.raw.Close()
		_ = h.client.Wait()
		if h.jump != nil {
			h.jump.close()
		}
	})
}

// progress is the phase in which a handshake is.
type progress struct {
	ctx      context.Context // whose observer is told
	keyShown func() bool     // ends the time limit of the key exchange
	mu       sync.Mutex
	phase    transport.Phase // guarded by mu
}

func (p *progress) set(phase transport.Phase, detail string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase = phase
	transport.Enter(p.ctx, phase, detail)
}

func (p *progress) get() transport.Phase {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.phase
}

// login connects, exchanges keys and authenticates; the end of ctx ends it.
// ConnectTimeout bounds what comes before the host's key, as in the ssh program.
func (d *dialer) login(ctx context.Context, c *Config) (*hop, error) {
	cctx, cancel := ctx, func() {}
	if c.ConnectTimeout > 0 {
		cctx, cancel = context.WithTimeout(ctx, c.ConnectTimeout)
	}
	defer cancel()
	raw, jump, err := d.connect(cctx, c)
	if err != nil {
		return nil, err
	}
	h := &hop{raw: newCounted(raw), jump: jump}
	h.client, err = d.handshake(ctx, cctx, c, h.raw)
	if err != nil {
		_ = h.raw.Close()
		if jump != nil {
			jump.close()
		}
		return nil, err
	}
	return h, nil
}

// handshake is bounded by ctx, and by kex until the host has shown its key.
func (d *dialer) handshake(ctx, kex context.Context, c *Config, raw *counted) (*ssh.Client, error) {
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	stopKex := context.AfterFunc(kex, func() { _ = raw.Close() })
	defer stopKex()
	auth := newAuthenticator(ctx, c)
	defer auth.close()
	stopAgent := context.AfterFunc(ctx, auth.close)
	defer stopAgent()
	at := &progress{ctx: ctx, keyShown: stopKex}
	at.set(transport.PhaseKeyExchange, "with "+c.HostPort())
	conn, channels, requests, err := ssh.NewClientConn(raw, c.HostPort(), d.clientConfig(c, auth, at))
	if err != nil {
		if phase := at.get(); phase == transport.PhaseKeyExchange && kex.Err() != nil {
			ctx = kex
		}
		return nil, handshakeError(ctx, c, raw, at.get(), auth, err)
	}
	return ssh.NewClient(conn, channels, requests), nil
}

func (d *dialer) clientConfig(c *Config, auth *authenticator, at *progress) *ssh.ClientConfig {
	v := newVerifier(c, func(note string) { _, _ = io.WriteString(d.out, note) })
	return &ssh.ClientConfig{
		Config:            c.negotiation(),
		User:              c.User,
		HostKeyAlgorithms: v.algorithms(),
		HostKeyCallback: func(name string, addr net.Addr, key ssh.PublicKey) error {
			// A key may be checked again when keys are renewed.
			if at.get() == transport.PhaseKeyExchange {
				at.keyShown()
				at.set(transport.PhaseHostKey, key.Type()+" "+ssh.FingerprintSHA256(key))
				if err := v.check(name, addr, key); err != nil {
					return err
				}
				at.set(transport.PhaseAuth, "as "+c.User)
				return nil
			}
			return v.check(name, addr, key)
		},
		AuthCallback: auth.next,
		BannerCallback: func(text string) error {
			_, err := io.WriteString(d.out, text)
			return err
		},
	}
}

// handshakeError tells what went wrong in which phase; errors of our own
// callbacks come back from the library wrapped.
func handshakeError(ctx context.Context, c *Config, raw *counted, phase transport.Phase, auth *authenticator, err error) error {
	var own *value.Error
	switch {
	case errors.As(err, &own):
		return own
	case ctx.Err() != nil:
		return contextError(ctx, c.Host, phase)
	case phase == transport.PhaseAuth:
		return transport.SSHError(c.Host, phase, value.KindStream, "%s: %s (%s)", phase, plain(err), auth.login.Story())
	}
	return transport.NoKeyExchange(c.Host, c.HostPort(), plain(err), raw.said())
}
