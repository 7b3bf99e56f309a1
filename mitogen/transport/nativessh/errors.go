package nativessh

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// contextError tells that ctx ended in the phase, and why.
func contextError(ctx context.Context, host string, phase transport.Phase) *value.Error {
	kind, what := value.KindCancelled, "cancelled"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		kind, what = value.KindTimeout, "no answer in time"
	}
	e := transport.SSHError(host, phase, kind, "%s: %s", phase, what)
	if cause := context.Cause(ctx); cause != ctx.Err() {
		e = transport.SSHError(host, phase, kind, "%s: %s: %w", phase, what, cause)
	}
	e.Also = []value.Kind{value.KindStream}
	return e
}

// plain gives the part of err that a person needs: without the addresses that
// the message has already, and without the library's own words around it.
func plain(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) { // what we see depends on what was on its way
		return "the server closed the connection"
	}
	for {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
			continue
		}
		if inner := errors.Unwrap(err); inner != nil {
			err = inner
			continue
		}
		return printable(err.Error())
	}
}
