package web

import (
	"bufio"
	"io"
	"sort"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// write sends the request.
func (cn *conn) write(m *message) error {
	w := bufio.NewWriter(cn.Conn)
	target := m.url.RequestURI()
	if cn.proxy != nil {
		long := *m.url
		long.User, long.Fragment = nil, ""
		target = long.String()
		if long.Path == "" && long.RawQuery == "" {
			target += "/"
		}
	}
	target = strings.ReplaceAll(target, " ", "%20") // a query may have one as it was written
	host := m.header.Get("Host")
	if host == "" {
		host = m.url.Host
	}
	field := func(name, text string) { _, _ = w.WriteString(name + ": " + text + "\r\n") }
	_, _ = w.WriteString(m.method + " " + target + " HTTP/1.1\r\n")
	field("Host", host)
	names := make([]string, 0, len(m.header))
	for name := range m.header {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if framing[name] {
			continue
		}
		for _, text := range m.header[name] {
			field(name, text)
		}
	}
	if m.unpack && m.header.Get("Accept-Encoding") == "" {
		field("Accept-Encoding", "gzip")
	}
	if m.header.Get("Authorization") == "" && m.url.User != nil {
		field("Authorization", basicAuth(m.url))
	}
	if cn.proxy != nil && cn.proxy.User != nil {
		field("Proxy-Authorization", basicAuth(cn.proxy))
	}
	if m.body != nil {
		field("Content-Length", strconv.Itoa(len(*m.body)))
	} else if m.method != "GET" && m.method != "HEAD" && m.method != "DELETE" {
		field("Content-Length", "0")
	}
	_, _ = w.WriteString("\r\n")
	if m.body != nil {
		_, _ = io.WriteString(w, *m.body)
	}
	return w.Flush() // the first error of all
}

// framing are the headers that belong to the connection: ours count, not a
// script's.
var framing = map[string]bool{"Host": true, "Content-Length": true, "Transfer-Encoding": true, "Trailer": true, "Connection": true}

// checkHeader refuses what would change the meaning of the lines around it.
func checkHeader(name, text string) error {
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return value.Errorf(value.KindValue, "%q is no header's name", name)
		}
	}
	if name == "" || strings.ContainsAny(text, "\r\n\x00") {
		return value.Errorf(value.KindValue, "the header %q cannot have this value: it has a line end or a zero byte", name)
	}
	return nil
}
