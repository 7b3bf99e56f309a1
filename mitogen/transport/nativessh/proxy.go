package nativessh

import (
	"context"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func hostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// resolveProxy finds how the host is reached: ProxyJump and ProxyCommand exclude
// each other, and ssh -G prints the one that won.
func (c *Config) resolveProxy(ctx context.Context, s *settings) error {
	if jump := s.first("proxyjump"); jump != "" && !strings.EqualFold(jump, "none") {
		return c.resolveJump(ctx, jump)
	}
	command := s.first("proxycommand")
	if command == "" || strings.EqualFold(command, "none") {
		return nil
	}
	for _, name := range []string{c.Host, c.Hostname, c.User} {
		if strings.HasPrefix(name, "-") || strings.ContainsAny(name, "'`\"$\\;&<>|(){}!*?~# \t\r\n") {
			return transport.SSHError(c.Host, transport.PhaseConfig, value.KindStream, "%q cannot stand in a ProxyCommand", name)
		}
	}
	c.ProxyCommand = c.tokens().Replace(command)
	return nil
}

// resolveJump resolves the last of the hosts that jump lists; the others are its
// own way. A hop is configured as any host: this host's password, keys and policy
// are not for it.
func (c *Config) resolveJump(ctx context.Context, jump string) error {
	hops := strings.Split(jump, ",")
	last := len(hops) - 1
	o := Options{
		ConfigFile: c.opts.ConfigFile, Ask: c.opts.Ask, Program: c.opts.Program, Cache: c.opts.Cache,
		jump: strings.Join(hops[:last], ","), depth: c.opts.depth + 1,
	}
	if err := o.parseHop(strings.TrimSpace(hops[last])); err != nil {
		return transport.SSHError(c.Host, transport.PhaseConfig, value.KindStream, "the configuration has ProxyJump %q: %w", jump, err)
	}
	var err error
	if c.Jump, err = Resolve(ctx, o); err != nil {
		return transport.Through(c.Host, value.AsError(err))
	}
	return nil
}

// parseHop reads [user@]host[:port] or ssh://[user@]host[:port].
func (o *Options) parseHop(hop string) error {
	if rest, ok := strings.CutPrefix(hop, "ssh://"); ok {
		u, err := url.Parse("ssh://" + rest)
		if err != nil {
			return err
		}
		o.Username, o.Host = u.User.Username(), u.Hostname()
		return o.parsePort(u.Port())
	}
	if at := strings.LastIndex(hop, "@"); at >= 0 {
		o.Username, hop = hop[:at], hop[at+1:]
	}
	o.Host = hop
	if host, port, err := net.SplitHostPort(hop); err == nil {
		o.Host = host
		return o.parsePort(port)
	}
	o.Host = strings.TrimSuffix(strings.TrimPrefix(o.Host, "["), "]")
	return nil
}

func (o *Options) parsePort(port string) error {
	if port == "" {
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	o.Port = int(n)
	return err
}
