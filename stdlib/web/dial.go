package web

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// tlsOptions says which certificates of servers are trusted.
type tlsOptions struct {
	insecure  bool
	authority string // a file of certificates; "" for the system's
}

func (o tlsOptions) key() string { return fmt.Sprint(o.insecure, o.authority) }

// config reads the authorities anew for each connection, so that a changed file
// counts.
func (o tlsOptions) config(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, InsecureSkipVerify: o.insecure, NextProtos: []string{"http/1.1"}}
	if o.authority == "" {
		return c, nil
	}
	pem, err := os.ReadFile(o.authority)
	if err != nil {
		return nil, oserror.Wrap("read", o.authority, err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", o.authority)
	}
	return c, nil
}

func dial(ctx context.Context, u, proxy *url.URL, o tlsOptions) (*conn, error) {
	first := u
	if proxy != nil {
		first = proxy
	}
	var d net.Dialer
	raw, err := d.DialContext(ctx, "tcp", hostPort(first))
	if err != nil {
		return nil, byProxy(proxy, err)
	}
	cn := &conn{Conn: raw, raw: raw}
	if err := cn.establish(ctx, u, proxy, o); err != nil {
		_ = raw.Close()
		return nil, err
	}
	return cn, nil
}

// establish adds what stands between the connection and HTTP with the server.
func (cn *conn) establish(ctx context.Context, u, proxy *url.URL, o tlsOptions) error {
	if proxy != nil {
		if proxy.Scheme == "https" {
			if err := cn.secure(ctx, proxy.Hostname(), tlsOptions{}); err != nil {
				return byProxy(proxy, err)
			}
		}
		if u.Scheme == "http" {
			cn.proxy = proxy
			return nil
		}
		if err := cn.tunnel(ctx, u, proxy); err != nil {
			return byProxy(proxy, err)
		}
	}
	if u.Scheme == "http" {
		return nil
	}
	return cn.secure(ctx, u.Hostname(), o)
}

func (cn *conn) secure(ctx context.Context, host string, o tlsOptions) error {
	config, err := o.config(host)
	if err != nil {
		return err
	}
	secured := tls.Client(cn.Conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return err
	}
	cn.Conn = secured
	return nil
}

// tunnel asks the proxy for a connection to the server.
func (cn *conn) tunnel(ctx context.Context, u, proxy *url.URL) error {
	stop := context.AfterFunc(ctx, func() { _ = cn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	text := "CONNECT " + hostPort(u) + " HTTP/1.1\r\nHost: " + hostPort(u) + "\r\nUser-Agent: mitoscript\r\n"
	if auth := basicAuth(proxy); auth != "" {
		text += "Proxy-Authorization: " + auth + "\r\n"
	}
	if _, err := cn.Write([]byte(text + "\r\n")); err != nil {
		return err
	}
	// What follows the head belongs to the server: nothing of it may be read here.
	probe := &conn{Conn: cn.Conn, limited: &limitedReader{r: oneByte{cn.Conn}}}
	probe.in = bufio.NewReaderSize(probe.limited, 16)
	h, err := probe.readHead()
	if err != nil {
		return err
	}
	if h.code/100 != 2 {
		return fmt.Errorf("it answered %d %s", h.code, h.reason)
	}
	if !stop() {
		return errors.New("too late")
	}
	return nil
}

// oneByte reads byte by byte, so that a reader above it holds nothing back.
type oneByte struct{ net.Conn }

func (o oneByte) Read(p []byte) (int, error) {
	if len(p) > 1 {
		p = p[:1]
	}
	return o.Conn.Read(p)
}

// basicAuth is the header's value for the name and password in an address.
func basicAuth(u *url.URL) string {
	if u.User == nil {
		return ""
	}
	password, _ := u.User.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
}

// port is the port of an address.
func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

func hostPort(u *url.URL) string { return net.JoinHostPort(u.Hostname(), port(u)) }
