package parent

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Connect makes a context by the method called name, from the context via if it
// is not nil. opts are parameters of the method and the common ones. A password
// that is wanted and not among them is asked for, once, where there is somebody
// to ask: the set-up, wherever it ran, is then made again, so that its time does
// not pass while a person types. Errors are *value.Error of kind StreamError or
// narrower, or CancelledError.
func (f *Factory) Connect(ctx context.Context, via *mitogen.Context, name string, opts *value.Dict) (*mitogen.Context, error) {
	c, err := f.connectOnce(ctx, via, name, opts)
	here := via == nil || via.ID() == f.router.ID()
	if err == nil || f.opts.Ask == nil || !transport.WantsPassword(err) || here && f.opts.Methods[name].Asks {
		return c, err
	}
	// The question is made of what the script said, not of what came from the
	// other side: no host can have a person type another host's password.
	answer, askErr := f.opts.Ask(ctx, f.question(via, name, opts))
	if askErr != nil || answer == "" {
		return nil, err
	}
	secret, secretErr := value.NewSecret(answer)
	if secretErr != nil {
		return nil, secretErr
	}
	with := value.NewDict(opts.Len() + 1)
	for _, it := range opts.Items() {
		if it.Key != "password" {
			with.Append(it.Key, it.Value)
		}
	}
	with.Append("password", secret)
	return f.connectOnce(ctx, via, name, with)
}

// question is "[sudo] password for root on web1: ".
func (f *Factory) question(via *mitogen.Context, method string, opts *value.Dict) string {
	host := "this machine"
	if via != nil && via.ID() != f.router.ID() {
		host = via.Name()
	} else if h, err := os.Hostname(); err == nil {
		host = h
	}
	account := text(opts, "username")
	if who := f.opts.Methods[method].Account; who != nil {
		account = who(opts)
	}
	if name := text(opts, "hostname"); name != "" {
		account = strings.TrimPrefix(account+"@"+name, "@")
	}
	question := fmt.Sprintf("[%s] password for %s on %s: ", method, cmp.Or(account, "root"), host)
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, question)
}
