package nativessh

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Link is a command on the far side. Its methods may be called by several
// goroutines, but Read and Write by one each.
type Link struct {
	// immutable after newLink
	channel ssh.Channel
	host    string
	hop     *hop
	out     *tail
	failure chan error
	// ended is closed when nothing more can come; done when all goroutines of
	// the link are gone and reason stands.
	ended, done chan struct{}

	mu     sync.Mutex
	lost   error // why we gave the connection up; guarded by mu
	exit   error // how the command ended; guarded by mu
	reason error // owned by supervise until done
	gone   bool  // the connection was lost; guarded by mu until done

	stdin writes
}

var _ transport.Link = (*Link)(nil)

// newLink takes the session over and starts the link's goroutines, which end with
// the connection.
func newLink(c *Config, h *hop, channel ssh.Channel, requests <-chan *ssh.Request, out *tail) *Link {
	l := &Link{
		channel: channel, host: c.Host, hop: h, out: out, failure: make(chan error, 1),
		ended: make(chan struct{}), done: make(chan struct{}),
	}
	_ = ballast() // it stays from the first link on
	go l.supervise(requests, c.opts.KeepaliveInterval, c.opts.keepaliveCount())
	return l
}

// supervise owns the link's goroutines: it serves the channel's requests until
// the channel is gone, and then ends the rest.
func (l *Link) supervise(requests <-chan *ssh.Request, interval time.Duration, count int) {
	defer close(l.done)
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.Copy(l.out, l.channel.Stderr()) })
	wg.Go(func() { l.keepAlive(interval, count) })
	for r := range requests {
		l.note(r)
		if r.WantReply {
			_ = r.Reply(false, nil)
		}
	}
	close(l.ended)
	l.reason = l.whyEnded() // before we close the connection ourselves
	l.hop.close()
	wg.Wait()
}

// note takes down how the command ended.
func (l *Link) note(r *ssh.Request) {
	var exit error
	switch r.Type {
	case "exit-status":
		var m struct{ Status uint32 }
		if ssh.Unmarshal(r.Payload, &m) != nil {
			return
		}
		exit = &transport.ExitError{Code: int(m.Status)}
	case "exit-signal":
		var m struct {
			Signal  string
			Core    bool
			Message string
			Lang    string
		}
		if ssh.Unmarshal(r.Payload, &m) != nil {
			return
		}
		exit = signalError(m.Signal)
	default:
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.exit = exit
}

// signalError knows signals by the names of the protocol, without "SIG".
func signalError(name string) error {
	if n := unix.SignalNum("SIG" + name); n != 0 {
		return &transport.ExitError{Signal: syscall.Signal(n)}
	}
	return value.Errorf(value.KindStream, "exited due to signal %s", printable(name))
}

func (l *Link) whyEnded() error {
	var end error = net.ErrClosed
	if l.hop.raw.broken.Load() {
		end = l.hop.client.Wait() // at once
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.exit != nil:
		l.lost, l.gone = l.exit, false
	case l.lost != nil:
	case l.hop.raw.broken.Load():
		l.lost, l.gone = l.cut(end), true
	default:
		l.lost = value.Errorf(value.KindStream, "ssh %s: the server closed the session", l.host)
	}
	return l.lost
}

func (l *Link) cut(err error) error {
	return value.Errorf(value.KindStream, "ssh %s: connection lost: %s", l.host, plain(err))
}

// Lost is for transport.Lost.
func (l *Link) Lost() string {
	<-l.done
	if !l.gone {
		return transport.Died(l.reason, l.Diagnostics())
	}
	return l.reason.Error()
}

// giveUp closes the connection for the reason, unless it is closed already.
func (l *Link) giveUp(reason error) {
	l.mu.Lock()
	first := l.lost == nil
	if first {
		l.lost, l.gone = reason, true
	}
	l.mu.Unlock()
	if first {
		l.failure <- reason
		l.hop.close()
	}
}

// Read reads the far side's stdout.
func (l *Link) Read(p []byte) (int, error) { return l.channel.Read(p) }

// Write writes to the far side's stdin; it waits while the far side takes nothing.
func (l *Link) Write(p []byte) (int, error) {
	if !l.stdin.begin() {
		return 0, net.ErrClosed
	}
	n, err := l.channel.Write(p)
	if l.stdin.end() {
		err = errors.Join(err, l.channel.CloseWrite())
	}
	return n, err
}

// CloseWrite ends the far side's stdin, behind the Write that goes on, if one does.
func (l *Link) CloseWrite() error {
	if !l.stdin.close() {
		return nil
	}
	return l.channel.CloseWrite()
}

// Diagnostics gives banners and what the command wrote to stderr.
func (l *Link) Diagnostics() string { return l.out.text() }

// Failure delivers the reason if keep-alives find the connection lost.
func (l *Link) Failure() <-chan error { return l.failure }

// Pid is 0: there is no process here.
func (l *Link) Pid() int { return 0 }

// Wait returns when the command has ended or the connection is closed: an
// ExitError of the transport package, or a StreamError that says why.
func (l *Link) Wait() error {
	<-l.done
	return l.reason
}

// Close closes the connection and waits for the link's goroutines. The far side
// sees the end of its stdin.
func (l *Link) Close() error {
	err := l.Kill()
	<-l.done
	return err
}

// Kill closes the connection at once; the server ends the session.
func (l *Link) Kill() error {
	l.mu.Lock()
	switch {
	case l.lost != nil:
	case l.hop.raw.broken.Load(): // who reads has seen the end, and closes
		l.lost, l.gone = l.cut(net.ErrClosed), true
	default:
		l.lost = value.Errorf(value.KindStream, "ssh %s: the connection was closed", l.host)
	}
	l.mu.Unlock()
	l.hop.close()
	return nil
}
