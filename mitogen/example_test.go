package mitogen_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/child"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// childArg makes this very program a child: the example starts it again.
const childArg = "example-child"

// TestMain fails when a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArg {
		os.Exit(child.Main(child.Options{Build: "example", Setup: func(p *child.Process) error {
			p.Server.Dispatcher = greeter{p}
			return nil
		}}))
	}
	goleak.VerifyTestMain(m)
}

// greeter is what the children of the example can do.
type greeter struct{ p *child.Process }

func (g greeter) Dispatch(_ context.Context, c *mitogen.Call) (value.Value, error) {
	if c.Func != "greet" {
		return nil, value.Errorf(value.KindValue, "there is no function %v here", c.Func)
	}
	return fmt.Sprintf("hello %v, this is context %d", c.Args[0], g.p.Router.ID()), nil
}

// A Go program without any script starts itself again as a child and calls it.
func Example() {
	router := mitogen.NewRouter(mitogen.Options{Log: slog.New(slog.DiscardHandler)})
	defer func() { router.Broker().Shutdown(); router.Broker().Join() }()
	factory := parent.New(parent.Options{Router: router, Build: "example", Methods: map[string]parent.Method{
		"local": {New: func(context.Context, *parent.Factory, *value.Dict) (transport.Transport, error) {
			return &transport.Local{Args: []string{childArg}}, nil
		}},
	}})

	ctx := context.Background()
	c, err := factory.Connect(ctx, nil, "local", value.NewDict(0))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Call(ctx, "greet", "world"))
	_, err = c.Call(ctx, "dance")
	fmt.Println(value.AsError(err).Kind, value.AsError(err).Cause.Message)
	// Output:
	// hello world, this is context 1 <nil>
	// CallError there is no function dance here
}
