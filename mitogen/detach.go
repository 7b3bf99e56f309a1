package mitogen

import (
	"context"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// detachDrain is how long Detach waits for a parent that does not read.
const detachDrain = time.Second

// Detach ends the link to the parent in good order: this context and its subtree
// live on without it. data is what the parent is told; it has to agree. The parent
// sees the context disconnect. In the master, and the second time, it is an Error.
func (r *Router) Detach(ctx context.Context, data []byte) error {
	parent := r.Parent()
	if parent == nil {
		return errorf("cannot detach: this context has no parent")
	}
	if _, err := parent.SendAwait(ctx, &Message{Frame: wire.Frame{Handle: wire.Detaching, Data: data}}); err != nil {
		return err
	}
	r.mu.Lock()
	s := r.parentStream
	if s == nil || r.detached {
		r.mu.Unlock()
		return value.Errorf(value.KindChannel, "%s", reasonDisconnected)
	}
	r.detached = true
	r.mu.Unlock()
	timer := time.AfterFunc(detachDrain, s.Abort)
	defer timer.Stop()
	s.Close()
	<-s.done
	return nil
}

// ServeDetaching calls fn, on a goroutine of its own, when a direct child says that it
// will outlive its link. Its error is why the child may not.
func (r *Router) ServeDetaching(fn func(ctx context.Context, m *Message) error) error {
	_, err := r.AddHandler(Handler{Handle: wire.Detaching, Policy: FromChildren, Func: func(m *Message) {
		if m.IsDead() {
			return
		}
		if len(m.Data) > maxServiceRequest {
			r.Refuse(m, "the request is too large")
			return
		}
		r.work(m, func() {
			var v value.Value
			if err := fn(r.broker.ctx, m); err != nil {
				v = value.AsError(err)
			}
			_ = m.Reply(v) // the loss of the stream is announced by its reader
		})
	}})
	return err
}

// Detached reports whether this context has left its parent.
func (r *Router) Detached() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.detached
}

// InUse reports whether there are contexts below, or handlers that are Lasting.
func (r *Router) InUse() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.routes) > 0 {
		return true
	}
	for _, h := range r.handlers {
		if h.Lasting {
			return true
		}
	}
	return false
}
