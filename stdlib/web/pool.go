package web

import (
	"bufio"
	"context"
	"net"
	"net/url"
	"sync"
	"syscall"
	"time"
)

const (
	// idleTime is how long an unused connection stays open.
	idleTime = 10 * time.Second
	// maxIdle is how many unused connections to one server stay open.
	maxIdle = 4
)

// conn is a connection to a server, or to a proxy that hands on to it.
type conn struct {
	net.Conn
	pool    *pool
	key     string
	limited *limitedReader
	in      *bufio.Reader
	// proxy is set if requests go to it in their long form.
	proxy *url.URL
	// used says that it served an earlier request, heard that the server answered
	// something to this one.
	used, heard bool
	raw         net.Conn // below TLS
	idle        *time.Timer
}

// pool keeps connections open between requests.
type pool struct {
	mu   sync.Mutex
	idle map[string][]*conn // guarded by mu; the latest last
}

// get gives an idle connection for u, or a new one.
func (p *pool) get(ctx context.Context, u *url.URL, o tlsOptions) (*conn, error) {
	proxy, err := proxyFor(u)
	if err != nil {
		return nil, err
	}
	key := u.Scheme + "://" + hostPort(u) + "|" + o.key()
	if proxy != nil {
		key += "|" + proxy.String()
		if u.Scheme == "http" {
			key = proxy.String()
		}
	}
	for cn := p.take(key); cn != nil; cn = p.take(key) {
		if cn.idle.Stop() && cn.quiet() {
			cn.used = true
			return cn, nil
		}
		_ = cn.Close()
	}
	cn, err := dial(ctx, u, proxy, o)
	if err != nil {
		return nil, err
	}
	cn.pool, cn.key = p, key
	cn.limited = &limitedReader{r: cn.Conn}
	cn.in = bufio.NewReader(cn.limited)
	return cn, nil
}

func (p *pool) take(key string) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[key]
	if len(list) == 0 {
		return nil
	}
	cn := list[len(list)-1]
	if list[len(list)-1] = nil; len(list) == 1 {
		delete(p.idle, key)
	} else {
		p.idle[key] = list[:len(list)-1]
	}
	return cn
}

func (p *pool) put(cn *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle[cn.key]) >= maxIdle {
		_ = cn.Close()
		return
	}
	if p.idle == nil {
		p.idle = map[string][]*conn{}
	}
	cn.idle = time.AfterFunc(idleTime, func() { p.drop(cn) })
	p.idle[cn.key] = append(p.idle[cn.key], cn)
}

// drop closes a connection that was idle for too long.
func (p *pool) drop(cn *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[cn.key]
	for i := range list {
		if list[i] == cn {
			p.idle[cn.key] = append(list[:i:i], list[i+1:]...)
		}
	}
	if len(p.idle[cn.key]) == 0 {
		delete(p.idle, cn.key)
	}
	_ = cn.Close()
}

// quiet says that the server has sent nothing since the last answer and has not
// closed the connection.
func (cn *conn) quiet() bool {
	if cn.in.Buffered() > 0 {
		return false
	}
	sc, ok := cn.raw.(syscall.Conn)
	if !ok {
		return true
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = rc.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN
		return true
	})
	return err == nil && quiet
}
