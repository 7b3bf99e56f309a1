package unix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	sys "golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// probeTimeout is how long a look at a socket may take.
const probeTimeout = time.Second

// IsDead reports whether nobody listens at path: there is nothing, or a socket
// that was left behind.
func IsDead(path string) bool {
	conn, err := net.DialTimeout("unix", path, probeTimeout)
	if err == nil {
		_ = conn.Close()
		return false
	}
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED)
}

// Connect joins the tree of the program that listens at path. It returns the link
// and what this program is in that tree, for a router with Options.Deputy. build
// is this program's. Errors are a StreamError, with an attribute errno where the
// system gave one, or narrower, or what ended ctx.
func Connect(ctx context.Context, path, build string) (net.Conn, *parent.Config, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, handshakeTimeout, &value.Error{
		Kind: value.KindTimeout, Also: []value.Kind{value.KindStream},
		Message: fmt.Sprintf("cannot join the tree at %s: no answer came within %s", path, handshakeTimeout),
	})
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, nil, failure(ctx, path, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	cfg, err := introduce(conn, build)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close() // the first error tells why
		return nil, nil, failure(ctx, path, err)
	}
	return conn, cfg, nil
}

func introduce(conn net.Conn, build string) (*parent.Config, error) {
	hello, err := (&parent.Ready{Build: build, PID: os.Getpid()}).Encode()
	if err != nil {
		return nil, err
	}
	_, werr := conn.Write(wire.AppendPreamble(nil, wire.ReadyMagic, hello))
	data, err := wire.ReadPreamble(conn, wire.ConfigMagic)
	var corrupt *wire.CorruptError
	switch {
	case errors.As(err, &corrupt):
		return nil, fmt.Errorf("no mitoscript listens there: it said %q", corrupt.Got)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		werr != nil && err != nil:
		return nil, value.Errorf(value.KindEOF, "the listener closed the connection; only its own account and root may join")
	case err != nil:
		return nil, err
	}
	cfg, err := parent.DecodeConfig(data)
	if err != nil {
		return nil, err
	}
	if cfg.Build != build {
		return nil, fmt.Errorf("the listener is mitoscript %s, this one is %s: both must be the same build", cfg.Build, build)
	}
	if cfg.ID == 0 || len(cfg.ParentIDs) == 0 {
		return nil, errors.New("malformed configuration: there is no id")
	}
	return cfg, nil
}

// failure is the error of a connection that did not come about.
func failure(ctx context.Context, path string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return value.AsError(cause)
	}
	kind := value.KindStream
	if errors.Is(err, value.KindEOF) {
		kind = value.KindEOF
	}
	e := value.Errorf(kind, "cannot join the tree at %s: %w", path, err)
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		e.Message = fmt.Sprintf("cannot join the tree at %s: %s", path, errno.Error())
		return e.With("errno", sys.ErrnoName(errno)).With("path", path)
	}
	return e
}
