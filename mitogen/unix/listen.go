package unix

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// handshakeTimeout is how long a client may take to say who it is.
const handshakeTimeout = 10 * time.Second

// acceptPause is how long a listener rests that could not accept: it may have run
// out of descriptors.
const acceptPause = 100 * time.Millisecond

// listener serves one socket.
type listener struct {
	r     *mitogen.Router
	build string
	l     *net.UnixListener
}

// Listen lets clients of this account, and root, join r's tree at the socket path,
// until r's broker shuts down, and returns the path: "" makes one. A socket on
// which nobody listens is replaced; one that is in use, and a file that is no
// socket, are Errors. build is this program's.
func Listen(r *mitogen.Router, build, path string) (string, error) {
	s, err := bind(path)
	if err != nil {
		return "", value.Errorf(value.KindError, "cannot listen at %s: %w", cmp.Or(path, "a new socket"), err)
	}
	ln := &listener{r: r, build: build, l: s.l}
	r.Broker().AtShutdown(func(context.Context) { s.close() })
	if !r.Broker().Go(ln.accept) || r.Broker().Context().Err() != nil {
		s.close() // its end may have begun before it knew of the socket
		return "", value.Errorf(value.KindCancelled, "cannot listen at %s: the broker has begun to shut down", s.path)
	}
	return s.path, nil
}

func (ln *listener) accept() {
	for {
		conn, err := ln.l.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			ln.r.Log().Error("cannot accept a unix client", "reason", err)
			select {
			case <-time.After(acceptPause):
			case <-ln.r.Broker().Context().Done():
			}
			continue
		}
		if !ln.r.Broker().Go(func() { ln.welcome(conn) }) {
			_ = conn.Close()
		}
	}
}

// welcome attaches a client, or closes its connection.
func (ln *listener) welcome(conn *net.UnixConn) {
	err := ln.join(conn)
	if err == nil {
		return
	}
	_ = conn.Close()
	if errors.Is(err, io.EOF) { // it only looked whether somebody listens
		ln.r.Log().Debug("unix client left", "reason", err)
		return
	}
	ln.r.Log().Warn("unix client refused", "reason", err)
}

func (ln *listener) join(conn *net.UnixConn) error {
	uid, err := peerUID(conn)
	if err != nil {
		return fmt.Errorf("cannot tell its account: %w", err)
	}
	if uid != 0 && uid != os.Geteuid() {
		return fmt.Errorf("it runs as user %d", uid)
	}
	ctx, cancel := context.WithTimeout(ln.r.Broker().Context(), handshakeTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	data, err := wire.ReadPreamble(conn, wire.ReadyMagic)
	if err != nil {
		return err
	}
	hello, err := parent.DecodeReady(data)
	if err != nil {
		return err
	}
	if hello.Build != ln.build {
		_ = ln.answer(conn, &parent.Config{Build: ln.build}) // it is refused in any case
		return fmt.Errorf("it is mitoscript %s, this one is %s", hello.Build, ln.build)
	}
	id, err := ln.r.AllocateID(ctx)
	if err != nil {
		return err
	}
	c := ln.r.NewChild(id, fmt.Sprintf("unix.%d", hello.PID))
	if err := ln.answer(conn, ln.config(c)); err != nil {
		return err
	}
	if !stop() {
		return context.Cause(ctx)
	}
	ln.r.AttachStamped(conn, c, ln.r.ID())
	return nil
}

func (ln *listener) config(c *mitogen.Context) *parent.Config {
	return &parent.Config{
		Build: ln.build, ID: c.ID(), ParentIDs: append([]uint32{ln.r.ID()}, ln.r.ParentIDs()...),
		Name: c.Name(), MaxMessageSize: ln.r.MaxMessageSize(), Unidirectional: ln.r.Unidirectional(),
	}
}

func (ln *listener) answer(conn net.Conn, cfg *parent.Config) error {
	data, err := cfg.Encode()
	if err != nil {
		return err
	}
	_, err = conn.Write(wire.AppendPreamble(nil, wire.ConfigMagic, data))
	return err
}

// socket is one that listens, and what is to be removed at its end.
type socket struct {
	l    *net.UnixListener
	path string
	self os.FileInfo
	dir  string // that was made for it; "" for none
}

// bind makes the socket in a private folder, where nobody can reach it before it
// has its mode, and gives it its name then. A umask would do for the whole process.
func bind(path string) (*socket, error) {
	s := &socket{path: path}
	if path == "" {
		dir, err := os.MkdirTemp("", "mitoscript-unix-")
		if err != nil {
			return nil, err
		}
		s.dir, s.path = dir, filepath.Join(dir, "socket")
	}
	err := s.open()
	if err != nil && s.dir != "" {
		_ = os.RemoveAll(s.dir) // the first error tells why
	}
	return s, err
}

func (s *socket) open() error {
	var err error
	if s.path, err = filepath.Abs(s.path); err != nil {
		return err
	}
	if err := removeStale(s.path); err != nil {
		return err
	}
	hidden, err := os.MkdirTemp(filepath.Dir(s.path), ".mito")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(hidden) }()
	first := filepath.Join(hidden, "s")
	if s.l, err = net.ListenUnix("unix", &net.UnixAddr{Name: first, Net: "unix"}); err != nil {
		return err
	}
	s.l.SetUnlinkOnClose(false)
	if err = os.Chmod(first, 0o600); err == nil {
		err = publish(first, s.path)
	}
	if err == nil {
		s.self, err = os.Lstat(s.path)
	}
	if err != nil {
		_ = s.l.Close() // nothing was accepted
	}
	return err
}

// publish gives a socket its name. A link does not replace what came there in the
// meantime; where sockets cannot be linked, they are renamed.
func publish(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, os.ErrExist) {
		return err
	}
	return os.Rename(from, to)
}

// removeStale makes room for a socket at path.
func removeStale(path string) error {
	fi, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if fi.Mode().Type() != os.ModeSocket {
		return errors.New("there is a file that is no socket")
	}
	if !IsDead(path) {
		return errors.New("somebody listens there already")
	}
	return os.Remove(path)
}

// close ends the socket and removes it, unless somebody else has taken its place.
func (s *socket) close() {
	_ = s.l.Close() // it may be closed
	if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.self) {
		_ = os.Remove(s.path) // a socket without a listener is removed by the next one
	}
	if s.dir != "" {
		_ = os.Remove(s.dir)
	}
}
