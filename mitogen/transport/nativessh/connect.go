package nativessh

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoscript/mitoscript/mitogen/nonblock"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// counted counts what arrives, for the keep-alive: an answer may be late only
// because data before it is still on its way.
type counted struct {
	net.Conn
	data     io.ReadWriter // moves its bytes
	received atomic.Int64
	mu       sync.Mutex
	head     []byte // what came first, for the error of a server that speaks no ssh; guarded by mu
	// broken is set when nothing more can be read.
	broken atomic.Bool
}

func newCounted(conn net.Conn) *counted {
	c := &counted{Conn: conn, data: conn}
	if socket, ok := conn.(syscall.Conn); ok {
		c.data = nonblock.New(socket)
	}
	return c
}

// headSize bounds what is kept of a connection's first bytes.
const headSize = 512

// said is what came, if it was no ssh server that spoke.
func (c *counted) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.HasPrefix(string(c.head), "SSH-") {
		return ""
	}
	before, _, _ := strings.Cut(string(c.head), "\nSSH-")
	return strings.TrimSpace(strings.ReplaceAll(before, "\r", ""))
}

func (c *counted) Write(p []byte) (int, error) { return c.data.Write(p) }

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.data.Read(p)
	if c.received.Add(int64(n)) <= headSize {
		c.mu.Lock()
		c.head = append(c.head, p[:n]...)
		c.mu.Unlock()
	}
	if err != nil {
		c.broken.Store(true)
	}
	return n, err
}

// connect opens the bytes under the protocol: TCP, a channel of a jump host, or
// a ProxyCommand. The hop is the jump host's, nil without one.
func (d *dialer) connect(ctx context.Context, c *Config) (net.Conn, *hop, error) {
	switch {
	case c.Jump != nil:
		return d.connectThrough(ctx, c)
	case c.ProxyCommand != "":
		transport.Enter(ctx, transport.PhasePort, "by the ProxyCommand")
		conn, err := startCommand(c.ProxyCommand, d.out)
		if err != nil {
			return nil, nil, transport.SSHError(c.Host, transport.PhasePort, value.KindStream, "cannot start the ProxyCommand: %w", err)
		}
		return conn, nil, nil
	}
	for attempt := 1; ; attempt++ {
		conn, err := connectTCP(ctx, c)
		if err == nil || attempt >= c.ConnectionAttempts || ctx.Err() != nil {
			return conn, nil, err
		}
		select { // as long as the ssh program waits
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

func connectTCP(ctx context.Context, c *Config) (net.Conn, error) {
	transport.Enter(ctx, transport.PhaseName, c.Hostname)
	dialer := net.Dialer{ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		transport.Enter(ctx, transport.PhasePort, address)
		return nil
	}}
	if c.BindAddress != "" {
		local, err := net.ResolveTCPAddr(c.Network, net.JoinHostPort(c.BindAddress, "0"))
		if err != nil {
			return nil, transport.SSHError(c.Host, transport.PhasePort, value.KindStream, "cannot bind to %s: %s", c.BindAddress, plain(err))
		}
		dialer.LocalAddr = local
	}
	conn, err := dialer.DialContext(ctx, c.Network, c.HostPort())
	if err == nil {
		return conn, nil
	}
	var dns *net.DNSError
	inResolve := errors.As(err, &dns)
	switch {
	case ctx.Err() != nil && inResolve:
		return nil, contextError(ctx, c.Host, transport.PhaseName)
	case ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded):
		if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			return nil, transport.CannotConnect(c.Host, c.HostPort(), "connection timed out")
		}
		return nil, contextError(ctx, c.Host, transport.PhasePort)
	case inResolve:
		return nil, transport.SSHError(c.Host, transport.PhaseName, value.KindStream, "cannot resolve %s: %s", c.Hostname, dns.Err)
	}
	return nil, transport.CannotConnect(c.Host, c.HostPort(), plain(err))
}

func (d *dialer) connectThrough(ctx context.Context, c *Config) (net.Conn, *hop, error) {
	jump, err := d.login(ctx, c.Jump)
	if err != nil {
		return nil, nil, transport.Through(c.Host, value.AsError(err))
	}
	conn, err := jump.client.DialContext(ctx, "tcp", c.HostPort())
	if err == nil {
		return conn, jump, nil
	}
	jump.close()
	if ctx.Err() != nil {
		return nil, nil, contextError(ctx, c.Host, transport.PhasePort)
	}
	why := plain(err)
	var refused *ssh.OpenChannelError
	if errors.As(err, &refused) {
		why = printable(refused.Message)
	}
	return nil, nil, transport.CannotConnectFrom(c.Host, c.HostPort(), c.Jump.Host, why)
}
