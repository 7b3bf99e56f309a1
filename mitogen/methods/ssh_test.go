package methods_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/methods"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func TestKeepAliveIntervals(t *testing.T) {
	r := mitogen.NewRouter(mitogen.Options{Log: slog.New(slog.DiscardHandler)})
	defer func() { r.Broker().Shutdown(); r.Broker().Join() }()
	f := parent.New(parent.Options{Router: r})
	for _, tt := range []struct {
		given value.Value
		want  time.Duration // negative is never
		bad   bool
	}{
		{given: nil, want: 15 * time.Second}, {given: int64(5), want: 5 * time.Second}, {given: 0.5, want: 500 * time.Millisecond},
		{given: int64(0), want: -1}, {given: 0.0, want: -1}, {given: int64(-3), bad: true}, {given: "often", bad: true},
	} {
		opts := value.NewDict(3)
		opts.Append("hostname", "web1")
		opts.Append("ssh_path", "ssh")
		opts.Append("keepalive_interval", tt.given)
		got, err := methods.All()["ssh"].New(context.Background(), f, opts)
		if tt.bad {
			if !errors.Is(err, value.KindError) {
				t.Errorf("%v: %v", tt.given, err)
			}
			continue
		}
		ssh, ok := got.(*transport.OpenSSH)
		if err != nil || !ok || ssh.KeepaliveInterval != tt.want {
			t.Errorf("%v: got %+v, %v", tt.given, got, err)
		}
	}
}
