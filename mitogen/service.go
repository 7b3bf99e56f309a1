package mitogen

import (
	"context"
	"fmt"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// Service is something that a context does for others beside running scripts:
// creating children, handing out binaries. Unlike a call it does not wait for
// the script that runs.
type Service struct {
	// Policy decides who may use it; nil accepts all.
	Policy Policy
	// Func does the work, on a goroutine of its own; ctx ends with the broker.
	Func func(ctx context.Context, m *Message, arg value.Value) (value.Value, error)
}

// Services are those of a context, by name.
type Services struct {
	router *Router
	byName map[string]Service
}

// Serve makes the services available at CALL_SERVICE. The data of a request is
// [name, argument]; that of the answer is the result or an error.
func Serve(r *Router, byName map[string]Service) error {
	s := &Services{router: r, byName: byName}
	_, err := r.AddHandler(Handler{Handle: wire.CallService, Func: s.accept})
	return err
}

// maxServiceRequest bounds a request of those who have no authority here, in bytes: as many
// of them may be worked at as maxAsking says.
const maxServiceRequest = 64 << 10

// accept runs on a reader's goroutine.
func (s *Services) accept(m *Message) {
	if m.IsDead() {
		return
	}
	if len(m.Data) > maxServiceRequest && !s.router.hasParentAuthority(m) {
		s.router.Refuse(m, "the request is too large")
		return
	}
	s.router.work(m, func() { s.run(m) })
}

func (s *Services) run(m *Message) {
	v, err := s.call(m)
	if err != nil {
		v = value.AsError(err)
	}
	if err := m.Reply(v); err != nil {
		s.router.refuse(m, err.Error())
	}
}

func (s *Services) call(m *Message) (value.Value, error) {
	v, err := m.Decode()
	if err != nil {
		return nil, err
	}
	req, _ := v.(value.List)
	if len(req) != 2 {
		return nil, fmt.Errorf("malformed service request")
	}
	name, _ := req[0].(string)
	svc, ok := s.byName[name]
	if !ok {
		return nil, fmt.Errorf("no such service: %q", name)
	}
	if svc.Policy != nil {
		if reason, ok := svc.Policy(m); !ok {
			return nil, value.Errorf(value.KindSecurity, "%s", refused("%s", reason))
		}
	}
	return svc.Func(s.router.broker.ctx, m, req[1])
}

// CallService asks a service of the context and waits for its answer.
func (c *Context) CallService(ctx context.Context, name string, arg value.Value) (value.Value, error) {
	m, err := NewMessage(value.List{name, arg})
	if err != nil {
		return nil, err
	}
	m.Handle = wire.CallService
	return c.SendAwait(ctx, m)
}
