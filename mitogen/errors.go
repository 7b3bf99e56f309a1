package mitogen

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// The reasons of dead messages that people read.
const (
	reasonDisconnected  = "the respondent Context has disconnected"
	reasonBrokerExit    = "Broker has exitted"
	reasonInvalidHandle = "invalid handle"
	reasonSenderClosed  = "Sender was explicitly closed"
	reasonRefused       = "refused by policy"
	reasonReceiverEnd   = "the Receiver has been closed"
)

func noRoute(id, self uint32) string { return fmt.Sprintf("no route to %d, my ID is %d", id, self) }

func refused(format string, args ...any) string {
	return reasonRefused + ": " + fmt.Sprintf(format, args...)
}

// deadError is the error that a dead message becomes. That a refusal starts with
// "refused by policy" is part of the protocol: its reason is all that it carries.
func deadError(reason string) *value.Error {
	if strings.HasPrefix(reason, reasonRefused) {
		return value.Errorf(value.KindSecurity, "%s", reason)
	}
	if reason == "" {
		reason = "channel closed by remote end"
	}
	return value.Errorf(value.KindChannel, "%s", reason)
}

func errorf(format string, args ...any) *value.Error {
	return value.Errorf(value.KindError, format, args...)
}

// waitError turns the end of a wait's context into the error that people see.
func waitError(err error, what string) error {
	var e *value.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return value.Errorf(value.KindTimeout, "%s timed out", what)
	case errors.Is(err, context.Canceled):
		return value.Errorf(value.KindCancelled, "%s was cancelled", what)
	}
	return err
}

// Timeout returns a context that ends after d with a TimeoutError that says what
// timed out.
func Timeout(ctx context.Context, d time.Duration, what string) (context.Context, context.CancelFunc) {
	cause := value.Errorf(value.KindTimeout, "%s timed out after %s", what, d.Round(time.Millisecond))
	return context.WithTimeoutCause(ctx, d, cause)
}
