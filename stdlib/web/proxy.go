package web

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
)

// proxyFor is the proxy that the environment names for u; nil for none. As in
// Python, http_proxy, https_proxy and all_proxy count, in small letters first,
// and no_proxy takes out hosts.
func proxyFor(u *url.URL) (*url.URL, error) {
	text := env(u.Scheme + "_proxy")
	// A CGI program gets the request's header Proxy as HTTP_PROXY.
	if u.Scheme == "http" && os.Getenv("REQUEST_METHOD") != "" {
		text = os.Getenv("http_proxy")
	}
	if text == "" {
		text = env("all_proxy")
	}
	if text == "" || direct(u, env("no_proxy")) {
		return nil, nil
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	proxy, err := url.Parse(text)
	if err != nil || proxy.Hostname() == "" {
		return nil, fmt.Errorf("the environment names a proxy that is no address")
	}
	if proxy.Scheme != "http" && proxy.Scheme != "https" {
		return nil, fmt.Errorf("the environment names the proxy %s: only http and https proxies are known", proxy.Redacted())
	}
	return proxy, nil
}

// proxyError is a failure on the way to, or at, a proxy.
type proxyError struct {
	proxy string
	err   error
}

func byProxy(proxy *url.URL, err error) error {
	if proxy == nil {
		return err
	}
	return &proxyError{proxy.Redacted(), err}
}

func (e *proxyError) Error() string { return "by the proxy " + e.proxy + ": " + e.err.Error() }
func (e *proxyError) Unwrap() error { return e.err }

// env reads a variable by its name in small letters, then in large ones.
func env(name string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return os.Getenv(strings.ToUpper(name))
}

// direct says whether no_proxy names the host of u: by "*", a name or the end of
// one, an address or a range, each with or without a port.
func direct(u *url.URL, list string) bool {
	host := strings.ToLower(u.Hostname())
	address, _ := netip.ParseAddr(host)
	for _, entry := range strings.Split(strings.ToLower(list), ",") {
		entry = strings.TrimSpace(entry)
		if entry == "*" {
			return true
		}
		if prefix, err := netip.ParsePrefix(entry); err == nil && address.IsValid() && prefix.Contains(address.Unmap()) {
			return true
		}
		if name, p, ok := strings.Cut(entry, ":"); ok && !strings.Contains(p, ":") {
			if p != port(u) {
				continue
			}
			entry = name
		}
		entry = strings.TrimPrefix(strings.TrimPrefix(strings.Trim(entry, "[]"), "*"), ".")
		if entry != "" && (host == entry || !address.IsValid() && strings.HasSuffix(host, "."+entry)) {
			return true
		}
	}
	return false
}
