package web

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/url"
	"strings"
)

// maxRedirects is how many addresses a request is sent on to, as in browsers.
const maxRedirects = 20

// maxDrained is how much of the body of an answer that is not wanted is read to
// keep its connection, in bytes.
const maxDrained = 64 << 10

// do sends m and follows where it is sent on to.
func (c *clients) do(ctx context.Context, m *message, o tlsOptions) (*response, error) {
	for n := 0; ; n++ {
		r, err := c.send(ctx, m, o)
		if err != nil {
			return nil, err
		}
		next, err := follow(m, r)
		if next == nil && err == nil {
			return r, nil
		}
		_, _ = io.CopyN(io.Discard, r.body, maxDrained)
		r.Close()
		if err != nil {
			return nil, err
		}
		if n == maxRedirects {
			return nil, fmt.Errorf("sent on more than %d times, at last to %s", maxRedirects, next.url.Redacted())
		}
		m = next
	}
}

// follow is the request that an answer asks for; nil if it asks for none.
func follow(m *message, r *response) (*message, error) {
	to := r.header.Get("Location")
	switch r.code {
	case 301, 302, 303, 307, 308:
	default:
		return nil, nil
	}
	if to == "" {
		return nil, nil
	}
	u, err := m.url.Parse(to)
	if err == nil {
		err = checkAddress(u)
	}
	if err != nil {
		return nil, fmt.Errorf("sent on to %q: %w", to, err)
	}
	if u.Fragment == "" {
		u.Fragment = m.url.Fragment
	}
	next := &message{method: m.method, url: u, header: maps.Clone(m.header), secret: m.secret, body: m.body, unpack: m.unpack}
	if r.code <= 303 && m.method != "GET" && m.method != "HEAD" {
		next.method, next.body = "GET", nil
		next.header.Del("Content-Type")
	}
	next.header.Del("Host")
	if !keepsSecrets(m.url, u) {
		for _, name := range append([]string{"Authorization", "Cookie", "Proxy-Authorization"}, m.secret...) {
			next.header.Del(name)
		}
	}
	return next, nil
}

// keepsSecrets says whether what authorizes for one address may go to the other:
// the same server, or the same name once it is reached by TLS.
func keepsSecrets(from, to *url.URL) bool {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return false
	}
	upgraded := from.Scheme == "http" && to.Scheme == "https" && port(from) == "80" && port(to) == "443"
	return upgraded || from.Scheme == to.Scheme && port(from) == port(to)
}
